"""Write a shipped model back as `out/tokenizer.json` and `out/checkpoint.npz`, to go on training it.

The checkpoint is not in the repository and the model is. What Q8_0 rounded off, and the optimiser's
state, are lost: the first steps make up for it.
"""

import argparse
import json

import gguf
import numpy as np
import tokenizers
from tokenizers import decoders, models, pre_tokenizers

import curriculum
import export
import generate


def text_of(reader, name):
    """A field of the file that is a list of texts."""
    field = reader.fields[name]
    return [bytes(field.parts[at]).decode() for at in field.data]


def number_of(reader, name):
    field = reader.fields[name]
    return field.parts[field.data[0]][0].item()


def restore_tokenizer(reader):
    tokens = text_of(reader, "tokenizer.ggml.tokens")
    kinds = reader.fields["tokenizer.ggml.token_type"]
    kinds = [kinds.parts[at][0] for at in kinds.data]
    plain = {token: at for at, (token, kind) in enumerate(zip(tokens, kinds)) if kind != gguf.TokenType.USER_DEFINED}
    merges = [tuple(merge.split(" ")) for merge in text_of(reader, "tokenizer.ggml.merges")]
    bpe = tokenizers.Tokenizer(models.BPE(vocab=plain, merges=merges))
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    bpe.decoder = decoders.ByteLevel()
    bpe.add_special_tokens(generate.SPECIALS)
    generate.with_units(bpe)
    restored = [bpe.id_to_token(at) for at in range(bpe.get_vocab_size())]
    assert restored[: len(tokens)] == tokens, "the units of `prompt.py` are not those of the model and new ones behind them"


def restore_weights(reader):
    layers = {name: key for key, name in export.LAYER.items()}
    weights = {}
    for tensor in reader.tensors:
        value = gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        parts = tensor.name.split(".")
        if parts[0] == "token_embd":
            weights["embed"] = value
        elif parts[0] == "output_norm":
            weights["norm"] = value
        else:
            weights[f"{parts[1]}.{layers[parts[2]]}"] = value.T if value.ndim == 2 else value
    return weights


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--gguf", default=str(export.MODEL / "zerr-micro.gguf"))
    args = args.parse_args()
    curriculum.OUT.mkdir(exist_ok=True)
    reader = gguf.GGUFReader(args.gguf)
    restore_tokenizer(reader)
    weights = restore_weights(reader)
    shape = {
        "vocab": len(weights["embed"]), "width": number_of(reader, "llama.embedding_length"),
        "layers": number_of(reader, "llama.block_count"), "heads": number_of(reader, "llama.attention.head_count"),
        "inner": number_of(reader, "llama.feed_forward_length"), "context": number_of(reader, "llama.context_length"),
    }
    (curriculum.OUT / "shape.json").write_text(json.dumps(shape))
    np.savez(curriculum.OUT / "checkpoint.npz", **weights, done=0)


if __name__ == "__main__":
    main()
