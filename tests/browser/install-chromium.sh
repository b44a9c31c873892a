#!/bin/sh
# From Debian's packages: Chromium for the tests that drive the page, Tesseract for those that recognise text.
set -eu
as_root=""
[ "$(id -u)" -eq 0 ] || as_root="sudo"
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends chromium tesseract-ocr
