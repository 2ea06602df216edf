"""Makes the files beside it: tiny random models of the transformers library with inputs and outputs, and a tokenizer with ids.

    pip install torch==2.13.0 transformers==5.23.0 sentencepiece protobuf safetensors numpy pillow
    python make.py                       writes model.safetensors, config.json, expected.json, tokenizer.model, ids.json
    python make.py check FOLDER          loads with transformers what the test `What is written is read back and gives the same` leaves
                                         in FOLDER when COLOPHON_EXPORT names it, and compares its outputs with ours
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import save_file
from transformers import MetaClip2Config, MetaClip2Model

HERE = pathlib.Path(__file__).parent


def outputs(model, pixels, ids):
    with torch.no_grad():
        result = model(input_ids=torch.tensor(ids), pixel_values=pixels)
    return {
        "image_embeds": result.image_embeds.flatten().tolist(),
        "text_embeds": result.text_embeds.flatten().tolist(),
        "logits_per_image": result.logits_per_image.flatten().tolist(),
    }


def make_model():
    torch.manual_seed(1)
    tower = dict(num_hidden_layers=2, num_attention_heads=2, hidden_act="gelu", projection_dim=6)
    config = MetaClip2Config(
        projection_dim=6,
        text_config=dict(tower, hidden_size=8, intermediate_size=20, vocab_size=24, max_position_embeddings=9,
                         pad_token_id=1, bos_token_id=0, eos_token_id=2),
        vision_config=dict(tower, hidden_size=12, intermediate_size=18, image_size=8, patch_size=4),
    )
    model = MetaClip2Model(config).eval()
    # Far from the initial values, so that every tensor tells, normalisations and biases too.
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, HERE / "model.safetensors", metadata={"format": "pt"})
    model.config.to_json_file(HERE / "config.json")
    pixels = torch.randn(3, 3, 8, 8)
    # A text that fills the context, one with padding behind, one with a second end: pooled at the first.
    ids = [[0, 5, 6, 7, 8, 9, 10, 11, 2], [0, 12, 2, 1, 1, 1, 1, 1, 1], [0, 4, 23, 2, 9, 2, 1, 1, 1]]
    # In float64: the tolerance of the test is for our rounding alone.
    expected = {"pixels": pixels.flatten().tolist(), "ids": ids, **outputs(model.double(), pixels.double(), ids)}
    (HERE / "expected.json").write_text(json.dumps(expected) + "\n")


def make_tokenizer():
    import sentencepiece
    from transformers import AutoTokenizer, XLMRobertaTokenizer

    texts = ["the dog sees the cat", "der Hund sieht die Katze", "le chien voit le chat", "犬が猫を見る", "a red dog and a blue cat"]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts * 4), model_prefix=str(HERE / "tokenizer"), vocab_size=70, model_type="unigram",
        normalization_rule_name="identity", hard_vocab_limit=False, unk_id=0, bos_id=1, eos_id=2, pad_id=-1, minloglevel=2)
    (HERE / "tokenizer.vocab").unlink()
    import shutil, tempfile

    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(HERE / "tokenizer.model", folder + "/sentencepiece.bpe.model")
        tokenizer = XLMRobertaTokenizer.from_pretrained(folder)
        texts += ["the red Katze", "zebra ☃☃ dog", "  two  spaces ", "", "字"]
        result = {"count": len(tokenizer), "texts": texts, "ids": [tokenizer(text)["input_ids"] for text in texts],
                  "cut": [tokenizer(text, max_length=6, truncation=True)["input_ids"] for text in texts]}
    (HERE / "ids.json").write_text(json.dumps(result, ensure_ascii=False) + "\n")


def check(folder):
    expected = json.loads((pathlib.Path(folder) / "outputs.json").read_text())
    model, info = MetaClip2Model.from_pretrained(folder, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"] and not info.get("mismatched_keys"), info
    size = model.config.vision_config.image_size
    pixels = torch.tensor(expected["pixels"]).reshape(-1, 3, size, size)
    found = outputs(model.eval(), pixels, expected["ids"])
    for name, values in found.items():
        difference = max(abs(a - b) for a, b in zip(values, expected[name], strict=True))
        print(name, "differs by at most", difference)
        assert difference < 1e-5
    from transformers import AutoImageProcessor, AutoTokenizer

    print(AutoImageProcessor.from_pretrained(folder))
    known = json.loads((HERE / "ids.json").read_text())
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert [tokenizer(text)["input_ids"] for text in known["texts"]] == known["ids"]
    print("the tokenizer gives the same ids")


if __name__ == "__main__":
    if sys.argv[1:2] == ["check"]:
        check(sys.argv[2])
    else:
        make_model()
        make_tokenizer()
