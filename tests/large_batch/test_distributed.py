"""One batch shared by two processes: the loss, its gradients and the weights after training are those of one process with all of it."""

import os
import socket
import sys
from contextlib import redirect_stdout
from datetime import timedelta
from io import StringIO

import pytest
import torch
from torch import Tensor, distributed, nn
from torch.multiprocessing import spawn
from torch.nn.parallel import DistributedDataParallel

from course_tools.checks import bank
from course_tools.large_batch.distributed import gathered_step, larger, main, train
from course_tools.large_batch.loss import nt_xent
from course_utils.errors import UsageError
from course_utils.simclr.train import Recipe

pytestmark = pytest.mark.slow(10)

WORLD, N, TEMPERATURE = 2, 10, 0.1


def embeddings() -> Tensor:
    return torch.randn(2, N, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def networks() -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(1)
    return nn.Sequential(nn.Flatten(), nn.Linear(12, 7), nn.Tanh()).double(), nn.Linear(7, 4).double()


def images() -> tuple[Tensor, Tensor]:
    g = torch.Generator().manual_seed(2)
    return tuple(torch.rand(2, N, 3, 2, 2, dtype=torch.float64, generator=g))


def steps(encoder: nn.Module, head: nn.Module, step, views: tuple[Tensor, Tensor]) -> list[float]:
    optimizer = torch.optim.SGD([*encoder.parameters(), *head.parameters()], lr=0.5)
    return [step(encoder, head, optimizer, *views, TEMPERATURE) for _ in range(3)]


def process(rank: int, folder: str, port: int) -> None:
    """What each of the two does, on the CPU also where there is a GPU; what it found is saved for the test."""
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/init", rank=rank, world_size=WORLD, timeout=timedelta(seconds=60)
    )
    mine = slice(rank * N // WORLD, (rank + 1) * N // WORLD)
    z = embeddings()[:, mine].clone().requires_grad_()
    loss = nt_xent(z[0], z[1], TEMPERATURE, gathered=True)
    loss.backward()
    encoder, head = networks()
    shared = [DistributedDataParallel(part) for part in (encoder, head)]
    losses = steps(*shared, gathered_step, tuple(view[mine] for view in images()))
    found = {"loss": loss.item(), "gradient": z.grad, "losses": losses, "weights": list(encoder.parameters())}
    with pytest.raises(UsageError, match="2 processes cannot share a batch of 3 equally"):
        train(*networks(), torch.zeros(8, 3, 2, 2), Recipe(1, batch_size=3))
    distributed.destroy_process_group()

    place = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": WORLD, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    os.environ |= {name: str(value) for name, value in place.items()}  # as torchrun does
    sys.argv = ["distributed", "--profile", "smoke", "-o", folder]
    with redirect_stdout(StringIO()) as printed:
        main()
    found["command"] = printed.getvalue()
    if rank == 0:
        found["trained"] = torch.load(f"{folder}/simclr.pt", weights_only=True)
    torch.save(found, f"{folder}/{rank}.pt")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    spawn(process, (str(folder), free_port()), nprocs=WORLD)
    return [torch.load(folder / f"{rank}.pt", weights_only=False) for rank in range(WORLD)]


def test_loss_and_gradient_of_the_embeddings(found):
    z = embeddings().requires_grad_()
    loss = bank.reference("simclr/nt_xent")(z[0], z[1], TEMPERATURE)
    loss.backward()
    assert [one["loss"] for one in found] == pytest.approx([loss.item()] * WORLD, rel=1e-12)
    gathered = torch.cat([one["gradient"] for one in found], dim=1) / WORLD  # DistributedDataParallel takes the mean
    assert torch.allclose(gathered, z.grad, rtol=1e-10, atol=1e-12)


def test_three_steps_end_at_the_same_weights(found):
    encoder, head = networks()
    reference, step = bank.reference("simclr/nt_xent"), bank.reference("simclr/train_step")
    losses = steps(encoder, head, lambda *arguments: step(*arguments[:5], reference, arguments[5]), images())
    assert losses[2] < losses[0]
    for one in found:
        assert one["losses"] == pytest.approx(losses, rel=1e-10)
        for weight, expected in zip(one["weights"], encoder.parameters(), strict=True):
            assert torch.allclose(weight, expected, rtol=1e-10, atol=1e-12)


def test_a_larger_batch_keeps_the_epochs_and_raises_the_rate():
    recipe = larger(Recipe(400, batch_size=128, learning_rate=1e-3), 512)
    assert (recipe.steps, recipe.batch_size, recipe.learning_rate) == (100, 512, 4e-3)


def test_the_command_trains_and_saves(found):
    done = found[0]["command"]
    assert "2 processes, batch 64: loss 4." in done
    assert all(w.isfinite().all() for part in found[0]["trained"].values() for w in part.values())
    assert found[1]["command"] == ""


def test_more_processes_than_gpus_are_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    monkeypatch.setattr(sys, "argv", ["distributed", "--profile", "smoke"])
    with pytest.raises(SystemExit, match="2 processes here and 1 GPU: start one process for each GPU"):
        main()
