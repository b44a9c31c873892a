"""Models for extractive question answering with random weights, and tokenizers to match, made in a second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

TEXTS = [
    "The choir of Graz was founded by Anna Smith in March 1920. It has forty singers.",
    "The keeper of the lighthouse counted 23 ships before the storm, and wrote them down.",
    "Who counted the ships? When was the choir founded? How many singers are there?",
    "Корабли шли на север всю ночь. Кто считал корабли?",
]
POSITIONS = 160
_SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


def bert(folder: Path, seed: int = 0) -> Path:
    """WordPiece, two segments: `[CLS] question [SEP] passage [SEP]`."""
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertForQuestionAnswering, BertTokenizerFast

    made = BertWordPieceTokenizer()
    made.train_from_iterator(iter(TEXTS), vocab_size=400, show_progress=False)
    _save(folder, BertTokenizerFast(tokenizer_object=made._tokenizer), BertForQuestionAnswering, BertConfig, seed)
    return folder


def roberta(folder: Path) -> Path:
    """Bytes, one segment, positions that begin after the padding's: `<s> question </s></s> passage </s>`."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast, RobertaConfig, RobertaForQuestionAnswering

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=_SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator(TEXTS, trainer)
    made.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    _save(folder, _fast(PreTrainedTokenizerFast, made), RobertaForQuestionAnswering, RobertaConfig, pad_token_id=1)
    return folder


def xlm_roberta(folder: Path) -> Path:
    """A unigram model whose word pieces have the space before them: `<s> question </s></s> passage </s>`."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaForQuestionAnswering

    made = Tokenizer(models.Unigram())
    made.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace("\n", " ")])
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=200, special_tokens=_SPECIAL, unk_token="<unk>", show_progress=False)
    made.train_from_iterator(TEXTS, trainer)
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    _save(
        folder, _fast(PreTrainedTokenizerFast, made), XLMRobertaForQuestionAnswering, XLMRobertaConfig, pad_token_id=1
    )
    return folder


def _fast(kind: Any, tokenizer: Any) -> Any:
    return kind(
        tokenizer_object=tokenizer, bos_token="<s>", cls_token="<s>", sep_token="</s>", eos_token="</s>",
        pad_token="<pad>", unk_token="<unk>", mask_token="<mask>", model_input_names=["input_ids", "attention_mask"],
    )  # fmt: skip


def _save(folder: Path, tokenizer: Any, model: Any, config: Any, seed: int = 0, **settings: int) -> None:
    import torch

    torch.manual_seed(seed)
    made = model(
        config(
            vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=64, max_position_embeddings=POSITIONS, initializer_range=0.5, **settings,
        )
    )  # fmt: skip
    made.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
