"""Steps of a CLIP training in PyTorch: encoding, loss, gradients and AdamW, of batches that are in memory.

`train.py FOLDER ATTENTION COMPILE PRECISION THREADS CHECKED TIMED`: FOLDER is what `training-benchmark prepare` wrote; ATTENTION is fused
or matmul; COMPILE is eager or a mode of torch.compile; PRECISION is float32 or bfloat16 (autocast). Texts are padded to the context, as
OpenCLIP does it. Of the fused and the foreach AdamW the faster one is taken, which is tried out beforehand.
"""

import json
import sys
import time
from math import log
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from meter import forget_peak_memory, median, peak_memory
from safetensors.torch import load_file
from torch import Tensor, nn

LEARNING_RATE = 1e-3
BETAS = (0.9, 0.95)
EPSILON = 1e-6
WEIGHT_DECAY = 0.1
MAXIMUM_NORM = 1.0


class Block(nn.Module):
    """One pre-LN block."""

    def __init__(self, width: int, heads: int, fused: bool, causal: bool) -> None:
        super().__init__()
        self.heads, self.fused, self.causal = heads, fused, causal
        self.layer_norm1, self.layer_norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv_proj, self.out_proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        x = x + self.out_proj(self._attention(self.layer_norm1(x), mask))
        hidden = self.fc1(self.layer_norm2(x))
        return x + self.fc2(hidden * torch.sigmoid(1.702 * hidden))

    def _attention(self, x: Tensor, mask: Tensor | None) -> Tensor:
        count, length, width = x.shape
        q, k, v = self.qkv_proj(x).view(count, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        if self.fused:
            attended = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        else:
            scores = q * (width // self.heads) ** -0.5 @ k.transpose(-2, -1)
            if mask is not None:
                scores = scores + mask
            attended = scores.softmax(-1) @ v
        return attended.transpose(1, 2).reshape(count, length, width)


class Tower(nn.Module):
    """A stack of blocks."""

    def __init__(self, layers: int, width: int, heads: int, fused: bool, causal: bool, length: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Block(width, heads, fused, causal) for _ in range(layers))
        mask = torch.full((length, length), float("-inf")).triu(1) if causal and not fused else None
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x, self.mask)
        return x


class CLIP(nn.Module):
    """Both towers and the loss."""

    def __init__(self, configuration: dict[str, Any], fused: bool) -> None:
        super().__init__()
        vision, text = configuration["vision_config"], configuration["text_config"]
        self.patch = vision["patch_size"]
        patches = (vision["image_size"] // self.patch) ** 2
        width, embedding = vision["hidden_size"], configuration["projection_dim"]
        self.patch_embedding = nn.Conv2d(3, width, self.patch, self.patch, bias=False)
        self.class_embedding = nn.Parameter(torch.empty(width))
        self.position_embedding = nn.Parameter(torch.empty(patches + 1, width))
        self.pre_norm, self.post_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.vision = Tower(vision["num_hidden_layers"], width, vision["num_attention_heads"], fused, False, patches + 1)
        self.visual_projection = nn.Linear(width, embedding, bias=False)
        width, context = text["hidden_size"], text["max_position_embeddings"]
        self.token_embedding = nn.Embedding(text["vocab_size"], width)
        self.text_position_embedding = nn.Parameter(torch.empty(context, width))
        self.text = Tower(text["num_hidden_layers"], width, text["num_attention_heads"], fused, True, context)
        self.final_norm = nn.LayerNorm(width)
        self.text_projection = nn.Linear(width, embedding, bias=False)
        self.logit_scale = nn.Parameter(torch.empty(()))

    def forward(self, pictures: Tensor, ids: Tensor, ends: Tensor) -> Tensor:
        x = self.patch_embedding(pictures).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.to(x.dtype).expand(len(x), 1, -1), x], 1) + self.position_embedding
        x = self.post_norm(self.vision(self.pre_norm(x))[:, 0])
        left = F.normalize(self.visual_projection(x), dim=-1)
        x = self.text(self.token_embedding(ids) + self.text_position_embedding)
        x = self.final_norm(x[torch.arange(len(x)), ends])
        right = F.normalize(self.text_projection(x), dim=-1)
        logits = self.logit_scale.exp() * left @ right.T
        targets = torch.arange(len(logits))
        return (F.cross_entropy(logits, targets) + F.cross_entropy(logits.T, targets)) / 2


NAMES = {
    "vision_model.embeddings.patch_embedding.": "patch_embedding.",
    "vision_model.embeddings.class_embedding": "class_embedding",
    "vision_model.embeddings.position_embedding.weight": "position_embedding",
    "vision_model.pre_layrnorm.": "pre_norm.",
    "vision_model.post_layernorm.": "post_norm.",
    "vision_model.encoder.": "vision.",
    "text_model.embeddings.token_embedding.": "token_embedding.",
    "text_model.embeddings.position_embedding.weight": "text_position_embedding",
    "text_model.encoder.": "text.",
    "text_model.final_layer_norm.": "final_norm.",
    ".self_attn.": ".",
    ".mlp.": ".",
}
"""What stands in the file's names, and in the names here."""


def load(folder: Path, fused: bool) -> CLIP:
    """The model in the layout of transformers' `MetaClip2Model`; queries, keys and values are one matrix here."""
    model = CLIP(json.loads((folder / "config.json").read_text()), fused)
    stored = load_file(folder / "model.safetensors")
    weights: dict[str, Tensor] = {}
    for name, tensor in stored.items():
        if ".k_proj." in name or ".v_proj." in name:
            continue
        if ".q_proj." in name:
            tensor = torch.cat([stored[name.replace(".q_proj.", f".{letter}_proj.")] for letter in "qkv"])
            name = name.replace(".q_proj.", ".qkv_proj.")
        for theirs, ours in NAMES.items():
            name = name.replace(theirs, ours)
        weights[name] = tensor
    model.load_state_dict(weights)
    return model


def batches(folder: Path, context: int) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Pictures `[count, 3, side, side]`, padded ids `[count, context]` and the place of each text's end."""
    result: list[tuple[Tensor, Tensor, Tensor]] = []
    for number in range(len(list(folder.glob("captions-*.txt")))):
        patches = load_file(folder / f"pictures-{number}.safetensors")["patches"]
        count, grid, patch = len(patches), round(patches.shape[1] ** 0.5), patches.shape[-1]
        pictures = patches.view(count, grid, grid, 3, patch, patch).permute(0, 3, 1, 4, 2, 5).reshape(count, 3, grid * patch, grid * patch)
        captions = [[int(word) for word in line.split()] for line in (folder / f"captions-{number}.txt").read_text().splitlines()]
        ids = torch.tensor([caption + [0] * (context - len(caption)) for caption in captions])
        result.append((pictures, ids, torch.tensor([len(caption) - 1 for caption in captions])))
    return result


def optimizer(model: CLIP) -> tuple[torch.optim.AdamW, str]:
    """AdamW in the faster one of its two ways."""

    def make(parameters: list[Tensor], **way: bool) -> torch.optim.AdamW:
        groups = [
            {"params": [tensor for tensor in parameters if tensor.ndim >= 2], "weight_decay": WEIGHT_DECAY},
            {"params": [tensor for tensor in parameters if tensor.ndim < 2], "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=LEARNING_RATE, betas=BETAS, eps=EPSILON, **way)

    times: dict[str, float] = {}
    for name in ("fused", "foreach"):
        copies = [nn.Parameter(tensor.detach().clone()) for tensor in model.parameters()]
        trial = make(copies, **{name: True})
        walls: list[float] = []
        for _ in range(6):
            for tensor in copies:
                tensor.grad = torch.ones_like(tensor)
            start = time.monotonic()
            trial.step()
            walls.append(time.monotonic() - start)
        times[name] = median(walls)
    best = min(times, key=lambda name: times[name])
    return make(list(model.parameters()), **{best: True}), best


def main() -> None:
    folder, attention, mode, precision = Path(sys.argv[1]), *sys.argv[2:5]
    threads, checked, timed = (int(word) for word in sys.argv[5:8])
    torch.set_num_threads(threads)
    model = load(folder, attention == "fused")
    data = batches(folder, len(model.text_position_embedding))
    adamw, way = optimizer(model)
    forward = model if mode == "eager" else torch.compile(model, mode=mode, dynamic=False)
    losses: list[float] = []
    cpu: list[float] = []
    wall: list[float] = []
    for step in range(checked + timed):
        if step == checked:
            forget_peak_memory()
        before = time.process_time(), time.monotonic()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            loss = forward(*data[step % len(data)])
        value = loss.item()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), MAXIMUM_NORM)
        adamw.step()
        adamw.zero_grad(set_to_none=True)
        with torch.no_grad():
            model.logit_scale.clamp_(0, log(100))
        if step < checked:
            losses.append(value)
        else:
            cpu.append(time.process_time() - before[0])
            wall.append(time.monotonic() - before[1])
    findings = {
        "stepCPU": median(cpu), "stepWall": median(wall), "losses": losses, "peakMemory": peak_memory(), "optimizer": way,
        "torch": torch.__version__,
    }
    print(json.dumps(findings))


if __name__ == "__main__":
    main()
