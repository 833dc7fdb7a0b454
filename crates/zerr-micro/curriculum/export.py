"""Write the trained network as `../model/zerr-micro.gguf` (llama architecture, gpt2 tokenizer)."""

import argparse
import hashlib
import json
import pathlib
import re

import gguf
import numpy as np

import compose
import curriculum
import model
import prompt
import values

MODEL = curriculum.HERE.parent / "model"
FILE_TYPES = {
    "Q4_0": gguf.LlamaFileType.MOSTLY_Q4_0, "Q5_1": gguf.LlamaFileType.MOSTLY_Q5_1, "Q8_0": gguf.LlamaFileType.MOSTLY_Q8_0,
    "F16": gguf.LlamaFileType.MOSTLY_F16, "F32": gguf.LlamaFileType.ALL_F32,
}
# What a synonym may not bring into the scope of a task that does not have it: they make another task of one.
NOT_BY_SYNONYM = set(
    "above after all any before below but down each even every except first last least left less most next no not"
    " odd off once only or other out previous right same second smallest some third two up without 0 1 2 3 4".split()
)
# What stands for a sign in words.
SIGN_NAMES = {
    ",": "commas?", ":": "colons?", ";": "semicolons?", "-": "hyphens?|dash(?:es)?|minus", "_": "underscores?", "/": "slash(?:es)?",
    ".": "dots?|points?|periods?", "#": "hash(?:es)?", "%": "percent", "&": "ampersands?", "+": "plus", "␣": "spaces?|blanks?", "*": "stars?|asterisks?",
}
# Quoted texts; an apostrophe inside a word quotes nothing.
QUOTED = re.compile(r"""\"([^"]+)"|“([^”]+)”|(?<!\w)'([^']+)'(?!\w)|`([^`]+)`""")
# What the card says of the shipped weights.
ABOUT = {
    "data": "440 functions in Rust and Python under 10,347 phrasings, their compositions and programs, seven roles; 320,000 samples from one seed",
    "training": "40,000 steps of 3,072 tokens, two hours on two CPU cores",
    "fails": "functions it was not taught (next to none is right, and samples agree), long ones, wording, arithmetic",
}
LAYER = {
    "norm1": "attn_norm", "q": "attn_q", "k": "attn_k", "v": "attn_v", "o": "attn_output",
    "norm2": "ffn_norm", "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down",
}


def add_tokenizer(writer):
    """Pieces, merges and the control tokens of ChatML."""
    stored = json.loads((curriculum.OUT / "tokenizer.json").read_text())
    vocab = stored["model"]["vocab"]
    added = {token["content"]: token for token in stored["added_tokens"]}
    tokens = sorted(vocab, key=vocab.get)
    # `prompt.UNITS` stand behind the pieces that were trained.
    tokens += sorted((text for text in added if text not in vocab), key=lambda text: added[text]["id"])
    kinds = [gguf.TokenType.NORMAL if t not in added else gguf.TokenType.CONTROL if added[t]["special"] else gguf.TokenType.USER_DEFINED for t in tokens]
    merges = [m if isinstance(m, str) else " ".join(m) for m in stored["model"]["merges"]]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(vocab["<|endoftext|>"])
    writer.add_eos_token_id(vocab["<|im_end|>"])
    writer.add_eot_token_id(vocab["<|im_end|>"])
    writer.add_pad_token_id(vocab["<|endoftext|>"])
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    writer.add_chat_template(prompt.CHAT_TEMPLATE)


def export(path, weights, shape, kind):
    """One GGUF; matrices in `kind`, gains in F32."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("zerr-micro")
    writer.add_license("MIT")
    writer.add_description("writes a limited vocabulary of small Rust and Python functions")
    writer.add_vocab_size(shape.vocab)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.inner)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_layer_norm_rms_eps(model.EPSILON)
    writer.add_rope_freq_base(model.ROPE_BASE)
    writer.add_rope_dimension_count(shape.width // shape.heads)
    writer.add_file_type(FILE_TYPES[kind])
    add_tokenizer(writer)
    for key, value in weights.items():
        value = np.asarray(value, np.float32)
        if key == "embed":
            name = "token_embd"
        elif key == "norm":
            name = "output_norm"
        else:
            layer, part = key.split(".")
            name = f"blk.{layer}.{LAYER[part]}"
            value = value.T if value.ndim == 2 else value
        quant = gguf.GGMLQuantizationType[kind] if value.ndim == 2 else gguf.GGMLQuantizationType.F32
        data = gguf.quants.quantize(np.ascontiguousarray(value), quant)
        writer.add_tensor(f"{name}.weight", data, raw_dtype=quant)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def families():
    """What the model was taught: the functions of each family."""
    known = {}
    for entry in curriculum.trained():
        known.setdefault(entry["family"], []).append(entry["id"])
    return [{"family": name, "functions": functions} for name, functions in known.items()]


def words_of(texts):
    """All words and signs of comparison but names of parameters, which `zerr-core` strips, in one sorted text. "Find out"
    is how one asks, "filter out" is not."""
    plain = re.sub(r"\{\{|\}\}", " ", "\n".join(texts).lower())
    plain = re.sub(r"\b((?:find|work|figure)(?:s|ed|ing)?) out\b", r"\1", re.sub(r"\{[a-z_0-9]+\}", " ", plain))
    return " ".join(sorted(set(re.findall(r"\w+|[<>=≤≥∪∩△⊆]+", plain))))


def signs_of(texts):
    """The signs that texts quote, and those between their words, as `zerr-core`'s `scope/signs.rs` reads them; those that
    they name; in one sorted text."""
    signs = set()
    for text in texts:
        plain = re.sub(r"\{[a-z_0-9]+\}", "p", text).replace("{{", "{").replace("}}", "}")
        for quoted in QUOTED.findall(plain):
            inner = "".join(quoted)
            if not any(c.isalnum() for c in inner):
                signs.add(re.sub(r"\s", "␣", inner))
            elif not quoted[3]:
                signs |= {c for c in inner if not c.isalnum() and not c.isspace() and c not in "_<>="}
        around = QUOTED.sub("p", plain)
        signs |= set(around) & set("+*%^|&~@$#\\")
        signs |= {word for word in around.split() if re.fullmatch("[;:,/]+", word)}
        signs |= {sign for sign, named in SIGN_NAMES.items() if re.search(rf"\b(?:{named})\b", plain, re.IGNORECASE)}
    return " ".join(sorted(signs))


def scope():
    """For each entry the words and signs of its phrasings: a request with any other is outside of what
    the model was taught. Words of held-out phrasings alone are not among them."""
    texts = []
    for entry in curriculum.trained():
        phrasings = list(entry["do"])
        for phrasing in entry["do"]:
            phrasings += [curriculum.word(old).sub(new, phrasing) for old, new in curriculum.synonyms_in(phrasing)]
        # What a synonym of a phrase brings along ("at least": "not less than") would let another task in.
        own = set(words_of(entry["do"]).split(" "))
        words = [word for word in words_of(phrasings).split(" ") if word in own or word not in NOT_BY_SYNONYM]
        texts.append(" ".join(words + signs_of(entry["do"]).split()))
    return texts


def plain(kind):
    """A type as the engine's `scope.rs` writes it, without what differs between the languages."""
    name, inner = kind[0], kind[1:]
    if name == "int":
        return "int"
    if name in ("str", "char"):
        return "str"
    if name in ("vec", "slice"):
        return f"[{plain(inner[0])}]"
    if name in ("ref", "result"):
        return plain(inner[0])
    if name == "tuple":
        return "(" + ", ".join(plain(part) for part in inner) + ")"
    if name == "map":
        return f"{{{plain(inner[0])}: {plain(inner[1])}}}"
    if name == "set":
        return f"{{{plain(inner[0])}}}"
    if name == "option":
        return f"{plain(inner[0])}?"
    return {"f64": "float"}.get(name, name)


def types():
    """What each entry of `scope` takes and gives."""
    return [
        "".join(plain(kind) + " " for kind in curriculum.kinds_of(entry))
        + f"-> {plain(values.parse(entry['returns']))}"
        for entry in curriculum.trained()
    ]


def names():
    """The words of the names that each entry of `scope` was taught under, but for names that deny one of them
    (`strip_non_digits`) where the first does not."""
    texts = []
    for entry in curriculum.trained():
        parted = [re.findall("[a-z]+", name) for name in entry["names"]]
        denies = lambda words: bool({"non", "not", "no", "un"} & set(words))
        texts.append(" ".join(sorted({word for words in parted if denies(words) <= denies(parted[0]) for word in words})))
    return texts


def joins():
    """The words and signs of each way to put phrasings together to larger tasks."""
    forms = [form for ways in (compose.FORMS, compose.PROGRAMS) for forms in ways.values() for form in forms]
    return [" ".join([words_of([re.sub(r"\{[abc]\}", " ", form)]), signs_of([form])]).strip() for form in forms]


def calling():
    """Positions of entries that are only taught where what they use may be called: alone the model writes something else."""
    return [at for at, entry in enumerate(curriculum.trained()) if entry["uses"] and entry.get("only_calling")]


def known():
    """What the card says that the model knows (see the engine's `scope.rs`)."""
    return {"scope": scope(), "scope_types": types(), "scope_names": names(), "scope_joins": joins(), "scope_calling": calling()}


def prompts():
    """For each role the version that the model was trained with."""
    return {role: [newest] for role, newest in prompt.VERSIONS.items()}


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--weights", nargs="+", default=[str(curriculum.OUT / "weights.npz")], help="weights or checkpoints; of several the mean")
    args.add_argument("--kind", choices=list(FILE_TYPES), default="Q8_0")
    args.add_argument("--out", type=pathlib.Path, default=MODEL / "zerr-micro.gguf")
    args.add_argument("--random", action="store_true", help="untrained weights, to try the loader")
    args = args.parse_args()
    card_path = args.out.parent / "card.json"
    shape = model.Shape(**json.loads((curriculum.OUT / "shape.json").read_text()))
    weights = model.init(shape)
    if not args.random:
        stored = [np.load(path) for path in args.weights]
        weights = {key: sum(one[key] for one in stored) / np.float32(len(stored)) for key in weights}
    args.out.parent.mkdir(exist_ok=True)
    export(args.out, weights, shape, args.kind)
    digest = hashlib.sha256(args.out.read_bytes()).hexdigest()
    print(args.out.name, args.out.stat().st_size, "bytes", digest)
    card = json.loads(card_path.read_text()) if card_path.exists() else {"p": []}
    if card.get("sha256") != digest:
        card["p"] = []  # numbers belong to the weights they were measured with
    card |= {
        "name": "zerr-micro",
        "version": "0.1.0",
        "sha256": digest,
        "licence": "MIT",
        "data": ABOUT["data"],
        "training": ABOUT["training"],
        "fails": ABOUT["fails"],
        "parameters": int(sum(np.asarray(v).size for v in weights.values())),
        "context_tokens": shape.context,
        "languages": ["rust", "python"],
        "prompts": prompts(),
        "knows": families(),
    } | known()
    card_path.write_text(json.dumps(card, indent=2) + "\n")


if __name__ == "__main__":
    main()
