"""Pictures and words: captions of the ten classes, a bag of words as the text's encoder, and the training of a shared space."""

import re
from collections.abc import Callable, Sequence

import torch
from torch import Generator, Tensor, nn

ATTRIBUTES = {
    "airplane": ("vehicle", "wings", "sky", "metal", "engine", "flying", "large"),
    "automobile": ("vehicle", "wheels", "road", "metal", "engine", "windows"),
    "bird": ("animal", "wings", "feathers", "flying", "beak", "branches", "small"),
    "cat": ("animal", "fur", "pet", "indoors", "paws", "whiskers"),
    "deer": ("animal", "hooves", "antlers", "forest", "grass", "legs", "large"),
    "dog": ("animal", "fur", "pet", "indoors", "paws", "tail"),
    "frog": ("animal", "green", "leaves", "wet", "jumping", "pond", "small"),
    "horse": ("animal", "hooves", "tail", "mane", "grass", "legs", "large"),
    "ship": ("vehicle", "sea", "sky", "metal", "harbour", "floating", "large"),
    "truck": ("vehicle", "wheels", "road", "metal", "engine", "cargo", "large"),
}


def describe(name: str, generator: Generator) -> str:
    """A description without the name: three of the class's attributes, in random order."""
    words = [ATTRIBUTES[name][i] for i in torch.randperm(len(ATTRIBUTES[name]), generator=generator)[:3].tolist()]
    return f"something with {words[0]}, {words[1]} and {words[2]}"


def caption(name: str, generator: Generator) -> str:
    """One caption: a description, mostly with the name; every tenth compares with another class, as people do."""
    sort = float(torch.rand((), generator=generator))
    text = describe(name, generator)
    if sort < 0.1:
        others = [other for other in ATTRIBUTES if other != name]
        return f"{text}, not a {others[int(torch.randint(len(others), (), generator=generator))]}"
    return text if sort < 0.4 else f"a {name}: {text}"


def write_captions(labels: Tensor, classes: Sequence[str], generator: Generator) -> list[str]:
    """A caption for each picture."""
    return [caption(classes[label], generator) for label in labels.tolist()]


def words_of(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


class Vocabulary:
    """The words of some texts; `bag(texts)` counts them: (n, words), each row divided by its sum. Other words count nothing."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.place = {word: i for i, word in enumerate(sorted({word for text in texts for word in words_of(text)}))}

    def __contains__(self, word: str) -> bool:
        return word in self.place

    def bag(self, texts: Sequence[str]) -> Tensor:
        bags = torch.zeros(len(texts), len(self.place))
        for row, text in enumerate(texts):
            for word in words_of(text):
                if word in self.place:
                    bags[row, self.place[word]] += 1
        return bags / bags.sum(dim=1, keepdim=True).clamp(min=1)


class SharedSpace(nn.Module):
    """Two linear maps into one space: features of pictures (n, dim) and bags of words (n, words), and a learned scale."""

    def __init__(self, dim: int, words: int, shared: int = 32) -> None:
        super().__init__()
        self.image, self.text = nn.Linear(dim, shared), nn.Linear(words, shared, bias=False)
        self.log_scale = nn.Parameter(torch.tensor(2.3))


def learn_shared_space(
    h: Tensor,
    captions: Sequence[str],
    clip_loss: Callable[[Tensor, Tensor, Tensor], Tensor],
    *,
    steps: int = 300,
    batch: int = 64,
    rate: float = 1e-2,
    seed: int = 0,
) -> tuple[SharedSpace, Vocabulary, list[float]]:
    """Train both maps with the student's loss on features (n, dim) and their captions; the features are not changed."""
    torch.manual_seed(seed)
    generator = Generator().manual_seed(seed)
    vocabulary = Vocabulary(captions)
    bags = vocabulary.bag(captions)
    space = SharedSpace(h.shape[1], bags.shape[1])
    optimizer = torch.optim.AdamW(space.parameters(), lr=rate, weight_decay=1e-2)
    losses = []
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = rate * (1 - step / steps)
        some = torch.randint(len(h), (batch,), generator=generator)
        loss = clip_loss(space.image(h[some]), space.text(bags[some]), space.log_scale)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return space.eval(), vocabulary, losses
