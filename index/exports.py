"""Models exported to ONNX: each once, into the user's cache folder, and checked whenever they are opened.

An export is a folder of a tokenizer, the model in float32 and in int8, and facts
about them: the SHA-256 of each file, and what the reference computes for a probe. It
is written beside its place and moved there, under a lock. What can't be opened is
exported again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock

from source import forked, temporary_folder

TOKENIZER = "tokenizer.json"
_OPSET = 17
_UNFINISHED = ".unfinished-"

_log = logging.getLogger("chapter-verse")
_T = TypeVar("_T")
_F = TypeVar("_F", bound="ExportFacts")


class ExportUnusable(Exception):
    """The folder has no export, or a damaged one, or another model's."""


class CannotExport(Exception):
    """The model can't be exported, or its export computes something else."""


@dataclass(frozen=True, slots=True)
class ExportFacts:
    """The metadata of an export. `precision`: its default, "float32" or "int8". `files`: SHA-256 by name."""

    precision: str
    files: dict[str, str]

    def dump(self) -> bytes:
        """Encodes the metadata as JSON, preceded by its SHA-256."""
        body = json.dumps(asdict(self)).encode()
        return hashlib.sha256(body).hexdigest().encode() + b"\n" + body

    @classmethod
    def load(cls: type[_F], data: bytes) -> _F:
        """Decodes the output of `dump`. Raises ValueError for anything else."""
        sha256, _, body = data.partition(b"\n")
        if hashlib.sha256(body).hexdigest().encode() != sha256:
            raise ValueError("it was changed after it was written")
        record: dict[str, Any] = json.loads(body)
        if set(record) != {field.name for field in fields(cls)}:
            raise ValueError("another version wrote it")
        return cls(**record)

    def read(self, folder: Path, name: str) -> bytes:
        """The bytes of one of the export's files, checked. Raises ValueError, and OSError if it can't be read."""
        data = (folder / name).read_bytes()
        if hashlib.sha256(data).hexdigest() != self.files[name]:
            raise ValueError(f"{name} was changed after it was written")
        return data


def model_file(precision: str) -> str:
    """The file name of the model in this precision."""
    return f"{precision}.onnx"


def digest(files: Iterable[Path]) -> str:
    """The SHA-256 of the contents of files, one after the other."""
    found = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                found.update(chunk)
    return found.hexdigest()


def intact(folder: Path, opened: Callable[[Path, str | None], _T]) -> _T | None:
    """The export in `folder`, in its default precision or else in float32; None if neither can be opened."""
    for precision in (None, "float32"):
        with suppress(ExportUnusable):
            return opened(folder, precision)
    return None


def exported(folder: Path, opened: Callable[[Path], _T], write: Callable[[Path], None]) -> _T:
    """As `export_once`; where the cache can't be written to, the export is opened and not kept."""
    try:
        return export_once(folder, opened, write)
    except OSError as error:
        where = folder.parent
        _log.warning("The exported model cannot be cached in %s (%s): each start takes longer.", where, error.strerror)
    with temporary_folder() as scratch:
        return export_once(scratch / "export", opened, write)


def export_once(folder: Path, opened: Callable[[Path], _T], write: Callable[[Path], None]) -> _T:
    """Has `write` export a model to `folder`, and opens the export.

    A lock lets one process export at a time; the others then find its result. Raises
    CannotExport, and OSError if `folder` can't be written.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / ".lock"):
        with suppress(ExportUnusable):
            return opened(folder)
        for unfinished in folder.parent.glob(f"{_UNFINISHED}*"):  # left by a process that was killed
            shutil.rmtree(unfinished, ignore_errors=True)
        with temporary_folder(folder.parent, _UNFINISHED) as scratch:
            made = scratch / "export"
            made.mkdir()
            try:
                write(made)
            except OSError:
                raise
            except Exception as error:  # torch and the quantiser raise all kinds of exceptions
                raise CannotExport(f"{type(error).__name__}: {error}") from error
            shutil.rmtree(folder, ignore_errors=True)  # an export that can't be opened
            made.replace(folder)
        return opened(folder)


def write_model(
    model: Any,
    sample: Mapping[str, Any],
    outputs: Sequence[str],
    axes: Mapping[str, Mapping[int, str]],
    folder: Path,
) -> None:
    """Writes a torch model to `folder` in float32 and in int8, as it runs on a sample.

    `sample`: its inputs by name. `axes`: the names of the dimensions, by input or output, that may have another size.
    In int8, matrix products are quantised (weights per channel, activations per text).
    """
    import torch

    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # the tracer warns of each fixed branch; the comparison shows if one matters
        torch.onnx.export(
            model.eval(),
            tuple(sample.values()),
            str(folder / model_file("float32")),
            input_names=list(sample),
            output_names=list(outputs),
            dynamic_axes={name: dict(dimensions) for name, dimensions in axes.items()},
            opset_version=_OPSET,
            dynamo=False,  # the newer exporter needs another package and produces the same graph
        )
    to_int8(folder / model_file("float32"), folder / model_file("int8"))


def to_int8(source: Path, target: Path) -> None:
    """Writes an ONNX model with its constant matrices quantised to int8."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    logging.getLogger().addFilter(_no_advice)
    try:
        quantize_dynamic(
            source,
            target,
            per_channel=True,
            weight_type=QuantType.QInt8,
            extra_options={"MatMulConstBOnly": True},  # attention between word pieces stays float32
        )
    finally:
        logging.getLogger().removeFilter(_no_advice)


def write_tokenizer(tokenizer: Any, folder: Path) -> None:
    """Writes a fast tokenizer of transformers to `folder`, without its padding and truncation."""
    backend = type(tokenizer.backend_tokenizer).from_str(tokenizer.backend_tokenizer.to_str())
    backend.no_truncation()
    backend.no_padding()
    backend.save(str(folder / TOKENIZER))


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file in `folder`, by name."""
    return {path.name: digest([path]) for path in folder.iterdir()}


def prepare_torch() -> None:
    """Silences transformers, before anything loads a model with it; in a forked process torch gets one thread."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import torch
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    if forked():  # OpenMP's other threads don't exist here
        torch.set_num_threads(1)


def _no_advice(record: logging.LogRecord) -> bool:
    """A log filter: the quantiser recommends, on the root logger, a step that changes nothing here."""
    return "pre-processing before quantization" not in record.getMessage()
