import gc
import pickle
import shutil
import weakref
from pathlib import Path

import numpy as np
import pytest
from index_fixtures import forge, generation, segment

from index import FolderStore, IndexCorrupt, IndexIncompatible, IndexMissing, build
from index.encoder.protocol import Encoder
from index.errors import StoreError
from index.folder.layout import FORMAT
from source import scan

TEXT = "Ships\n\nThe keeper counted the ships. They went north.\n\nThe harbour was closed on Monday by a storm.\n"
NOTES = "# Notes\n\nNobody came.\n\n## More\n\nThe wind blew from the north all night.\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    (folder / "in").mkdir()
    (folder / "in" / "ships.txt").write_text(TEXT)
    (folder / "in" / "notes.md").write_text(NOTES)
    build(folder / "index", [folder / "in"])
    return folder / "index"


@pytest.fixture
def root(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "copy"))


def test_a_released_store_is_freed_at_once(tmp_path: Path) -> None:
    (tmp_path / "words.md").write_text("\n\n".join(f"# {n}\n\nThe keeper counted {n} ships." for n in range(80)))
    build(tmp_path / "index", [tmp_path / "words.md"])
    store = FolderStore(tmp_path / "index")
    store.document(0)
    store.tokens(np.arange(1))
    gone = weakref.ref(store)
    gc.disable()  # after a rebuild, the page would hold two indexes until the collector runs
    try:
        del store
        assert gone() is None
    finally:
        gc.enable()


def test_documents_and_passages_round_trip(built: Path) -> None:
    store = FolderStore(built)
    documents = list(scan([built.parent / "in"]).documents())
    assert [store.document(row) for row in range(store.documents)] == documents
    assert store.document_by_id("ships.txt").text == TEXT
    with pytest.raises(KeyError):
        store.document_by_id("none")
    assert [store.passage(row).text for row in range(len(store))] == [
        "Nobody came.",
        "The wind blew from the north all night.",
        "The keeper counted the ships. They went north.\n\nThe harbour was closed on Monday by a storm.",
    ]
    for row in range(len(store)):
        passage = store.passage(row)
        text = store.document_by_id(passage.document_id).text
        assert passage.text == text[passage.span.start : passage.span.end]
        assert passage.span.start == store.sentences(row)[0].start
    assert [TEXT[span.start : span.end] for span in store.sentences(2)][:2] == [
        "The keeper counted the ships.",
        "They went north.",
    ]


def test_similarities_are_those_of_brute_force(built: Path, encoder: Encoder) -> None:
    store = FolderStore(built)
    vectors = store.vectors.of(np.arange(len(store)))
    inputs = ["Notes.\nNobody came.", "Notes – More.\n" + store.passage(1).text, "Ships.\n" + store.passage(2).text]
    expected = np.stack([encoded.vector for encoded in encoder.encode(inputs)])
    assert np.abs(vectors - expected).max() < 1e-5
    (query,) = encoder.encode(["Why was the harbour closed?"], query=True)
    rows, scores = store.vectors.nearest(query.vector, 10)
    assert rows.tolist() == np.argsort(-(expected @ query.vector)).tolist()
    assert scores.tolist() == pytest.approx(sorted(expected @ query.vector, reverse=True), abs=1e-5)
    assert rows[0] == 2


def test_token_vectors_have_the_offsets_of_their_tokens(built: Path, encoder: Encoder) -> None:
    store = FolderStore(built)
    tokens = store.tokens(np.array([2]))
    vectors = tokens.vectors * tokens.scales[:, None]
    passage = store.passage(2)
    words = [passage.text[start:end] for start, end in tokens.offsets[0]]
    assert words == [passage.text[start:end] for start, end in encoder.pieces([passage.text])[0]]
    (encoded,) = encoder.encode(["Ships.\n" + passage.text])
    assert np.einsum("nd,nd->n", vectors, encoded.tokens[-len(vectors) :]).min() > 0.999


FILES = [
    "blocks.bin", "documents.npy", "fingerprints.npy", "id_ends.npy", "id_rows.npy", "ids.npy", "passages.npy",
    "repeats.npy", "sentence_keys.npy", "sentences.npy", "sources.json", "text_passage_ends.npy", "text_passages.npy",
    "texts.npy", "vectors.faiss", "words/largest.npy", "words/postings.npy", "words/scores.npy", "words/starts.npy",
    "words/stopwords.json", "words/term_ends.npy", "words/terms.npy",
]  # fmt: skip
SEGMENT_FILES = [
    "blocks.bin", "corners.npy", "count_ends.npy", "counts.npy", "digests.npy", "documents.jsonl", "term_ends.npy",
    "terms.npy", "token_ends.npy", "tokens.npy", "vectors.npy",
]  # fmt: skip


def test_the_files_are_those_of_the_layout(built: Path) -> None:
    store = FolderStore(built)
    assert sorted(store.manifest.files) == FILES
    assert [sorted(segment.manifest.files) for segment in store.segments] == [SEGMENT_FILES]


def test_one_damaged_byte_in_any_file_is_noticed_and_the_file_named(root: Path) -> None:
    store = FolderStore(root)
    paths = [generation(root).root / name for name in FILES] + [segment(root).root / name for name in SEGMENT_FILES]
    for path in paths:
        data = path.read_bytes()
        for position in {0, len(data) // 2, len(data) - 1}:
            path.write_bytes(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :])
            with pytest.raises(
                IndexCorrupt, match=rf"{path.name} is damaged\. Run `python -m index build --index DIR` to"
            ):
                FolderStore(root)
        path.write_bytes(data[:-1])
        with pytest.raises(IndexCorrupt, match=path.name):
            FolderStore(root)
        path.unlink()
        with pytest.raises(IndexCorrupt, match=f"{path.name} is missing"):
            FolderStore(root)
        path.write_bytes(data)
    assert FolderStore(root).generation == store.generation


def test_a_changed_or_missing_manifest(root: Path) -> None:
    manifest = generation(root).manifest
    manifest.write_bytes(manifest.read_bytes() + b" ")
    with pytest.raises(IndexCorrupt, match=r"manifest\.json was changed"):
        FolderStore(root)
    manifest.unlink()
    with pytest.raises(IndexCorrupt, match="has no manifest"):
        FolderStore(root)


@pytest.mark.parametrize("content", [b"", b"0000", b"000001\n", b"../x " + b"0" * 64, b"\xff\xfe", b"a b c", b"/ x"])
def test_a_truncated_or_strange_current_is_refused(root: Path, content: bytes) -> None:
    """Attack: a CURRENT that leads out of the folder, among others."""
    (root / "CURRENT").write_bytes(content)
    with pytest.raises(IndexCorrupt, match=r"does not say which generation is current\. Run"):
        FolderStore(root)


def test_a_truncated_hash_in_current(root: Path) -> None:
    (root / "CURRENT").write_bytes((root / "CURRENT").read_bytes()[:40])
    with pytest.raises(StoreError):
        FolderStore(root)


def test_no_index_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match=r"No index found in .*\. Run `python -m index build`"):
        FolderStore(tmp_path / "none")


@pytest.mark.parametrize("changes", [{"format": FORMAT + 1}, {"format": FORMAT + 1, "shards": 4}, {"novelty": True}])
def test_a_newer_format_is_incompatible(root: Path, changes: dict[str, object]) -> None:
    forge(root, **changes)
    with pytest.raises(IndexIncompatible, match=f"this version reads format {FORMAT}. Run"):
        FolderStore(root)


class Trap:
    sprung = False

    def __setstate__(self, state: object) -> None:
        Trap.sprung = True


@pytest.mark.parametrize("name", ["passages.npy", "tokens.npy", "documents.npy"])
@pytest.mark.parametrize("as_array", [True, False])
def test_a_pickle_with_the_right_hash_is_refused_and_never_run(root: Path, name: str, as_array: bool) -> None:
    """Attack: a pickle in place of an array, with every hash recomputed."""
    trap = Trap()
    trap.__dict__["x"] = 1
    path = next(root.rglob(name))
    if as_array:
        np.save(path, np.array([trap], dtype=object), allow_pickle=True)
    else:
        path.write_bytes(pickle.dumps(trap))
    pickle.loads(pickle.dumps(trap))
    assert Trap.sprung  # the trap works
    Trap.sprung = False
    forge(root)
    with pytest.raises(IndexCorrupt, match=f"{name} holds another kind of array"):
        FolderStore(root)
    assert not Trap.sprung


def test_a_large_index_is_checked_while_it_is_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = FolderStore(root)
    monkeypatch.setattr("index.folder.segment.CHECKED_WHOLE", 0)
    monkeypatch.setattr("index.folder.store.CHECKED_WHOLE", 0)
    store = FolderStore(root)
    assert [store.passage(row) for row in range(len(store))] == [whole.passage(row) for row in range(len(store))]
    assert (store.tokens(np.array([2, 0])).vectors == whole.tokens(np.array([2, 0])).vectors).all()
    path = segment(root).documents
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(IndexCorrupt, match=r"documents\.jsonl is damaged"):
        FolderStore(root).document(0)
    generation(root).blocks.write_bytes(b"x")
    with pytest.raises(IndexCorrupt, match=r"blocks\.bin is damaged"):
        FolderStore(root)
