"""SimCLR on a batch that many processes share, one for each GPU; on a CPU they talk by gloo.

    torchrun --standalone --nproc-per-node=GPUS -m course_tools.large_batch.distributed --profile gpu --batch-size 4096

Every process embeds its own part of the batch and compares it with the views of all (`nt_xent(gathered=True)`), so there are as many
negatives as on one device that holds the whole batch; DistributedDataParallel averages the gradients. Batch normalisation is synchronised
on GPUs; torch has no such layer for CPUs, where every process normalises its own part.
"""

import argparse
import os
import sys
from contextlib import nullcontext, redirect_stderr
from dataclasses import replace
from io import StringIO
from pathlib import Path

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim import Optimizer

from course_tools.large_batch.loss import nt_xent
from course_utils.data import load_images
from course_utils.encoders import features
from course_utils.errors import CourseError, UsageError
from course_utils.paths import RUNS
from course_utils.simclr.evaluate import linear_probe
from course_utils.simclr.profiles import PROFILES
from course_utils.simclr.train import History, Recipe, train_simclr


def gathered_step(
    encoder: nn.Module, head: nn.Module, optimizer: Optimizer, view_1: Tensor, view_2: Tensor, temperature: float
) -> float:
    """One optimizer step on the batch of all processes; each gives its own views and gets the loss of the whole."""
    optimizer.zero_grad()
    z_1, z_2 = head(encoder(torch.cat([view_1, view_2]))).chunk(2)
    loss = nt_xent(z_1, z_2, temperature, gathered=True)
    loss.backward()
    optimizer.step()
    return loss.item()


def train(
    encoder: nn.Module, head: nn.Module, images: Tensor, recipe: Recipe, seed: int = 0, device: str = "cpu"
) -> History:
    """Train in place, in every process of the default group, each on its share of the images and of `recipe.batch_size`.

    All start from the weights of process 0. Raises UsageError if the batch cannot be shared equally.
    """
    rank, world = distributed.get_rank(), distributed.get_world_size()
    if recipe.batch_size % world:
        raise UsageError(f"{world} processes cannot share a batch of {recipe.batch_size} equally")
    if device.startswith("cuda"):
        encoder = nn.SyncBatchNorm.convert_sync_batchnorm(encoder)
    encoder, head = (DistributedDataParallel(part.to(device)) for part in (encoder, head))
    own = replace(recipe, batch_size=recipe.batch_size // world)
    seed = seed * world + rank
    return train_simclr(encoder, head, images[rank::world], gathered_step, own, seed=seed, device=device)


def larger(recipe: Recipe, batch_size: int) -> Recipe:
    """The recipe at another batch size: as many epochs, and a learning rate in proportion (Goyal et al. 2017)."""
    factor = batch_size / recipe.batch_size
    steps = max(1, round(recipe.steps / factor))
    return replace(recipe, batch_size=batch_size, steps=steps, learning_rate=recipe.learning_rate * factor)


def run(profile: str, batch_size: int | None, dataset: str | None, seed: int, output: Path) -> None:
    """What each process does: train, and in process 0 save the weights and print what a linear probe makes of them."""
    sizes = PROFILES[profile]
    recipe = larger(sizes.simclr, batch_size) if batch_size else sizes.simclr
    device = f"cuda:{distributed.get_node_local_rank()}" if torch.cuda.is_available() else "cpu"
    data = load_images(dataset or sizes.dataset).subset(sizes.train_images, sizes.test_images)
    torch.manual_seed(seed)
    encoder = sizes.encoder()
    head = nn.Sequential(
        nn.Linear(encoder.dim, sizes.head_hidden), nn.ReLU(), nn.Linear(sizes.head_hidden, sizes.head_dim)
    )
    history = train(encoder, head, data.pretraining_images, recipe, seed, device)
    if distributed.get_rank() == 0:
        output.mkdir(parents=True, exist_ok=True)
        torch.save({"encoder": encoder.state_dict(), "head": head.state_dict()}, output / "simclr.pt")
        h, test_h = (features(encoder, images, device) for images in (data.train_images, data.test_images))
        accuracy = linear_probe(h, data.train_labels, test_h, data.test_labels).accuracy
        speed = history.images_per_second * distributed.get_world_size()
        print(
            f"{distributed.get_world_size()} processes, batch {recipe.batch_size}: loss {history.losses[-1]:.4f} nats"
        )
        print(f"{speed:,.0f} images/s; linear probe {accuracy:.3f}; weights in {output / 'simclr.pt'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", choices=PROFILES, default="quick")
    parser.add_argument("--batch-size", type=int, metavar="N", help="of all processes together; default: the profile's")
    parser.add_argument("--dataset", help="embedded, cifar10 or stl10; default: the profile's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, default=RUNS / "distributed", metavar="DIR")
    args = parser.parse_args()
    if torch.cuda.is_available():
        gpus, processes = torch.cuda.device_count(), int(os.environ["LOCAL_WORLD_SIZE"])
        if gpus < processes:
            sys.exit(
                f"simclr: {processes} processes here and {gpus} GPU{'s' * (gpus > 1)}: start one process for each GPU, "
                "or hide the GPUs with CUDA_VISIBLE_DEVICES="
            )
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        one_progress_line = redirect_stderr(StringIO()) if distributed.get_rank() else nullcontext()
        with one_progress_line:
            run(args.profile, args.batch_size, args.dataset, args.seed, args.output)
    except CourseError as error:
        sys.exit(f"simclr: {error}")
    finally:
        distributed.destroy_process_group()


if __name__ == "__main__":
    main()
