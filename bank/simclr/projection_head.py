"""The projection head: other ways to build the same network, and the ways to build another one."""

import torch
import torch.nn.functional as F
from torch import nn

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.simclr.checks import with_known_weights

bank = Bank(
    hidden=[
        Probe("8 -> 48 -> 3", lambda g: (8, 48, 3), look=with_known_weights, atol=1e-3, essential=True),
        Probe("the same width everywhere", lambda g: (12, 12, 12), look=with_known_weights, atol=1e-3),
        Probe("a hidden layer of one", lambda g: (5, 1, 7), look=with_known_weights, atol=1e-3),
        Probe("512 -> 512 -> 128", lambda g: (512, 512, 128), look=with_known_weights, rtol=1e-3, atol=1e-2),
    ]
)


@bank.unseen("10 -> 20 -> 5")
def other_sizes(g):
    return tuple(torch.randint(4, 30, (3,), generator=g).tolist())


@bank.alternative
def as_a_class(dim_in, dim_hidden, dim_out):
    class Head(nn.Module):
        def __init__(self):
            super().__init__()
            self.second = nn.Linear(dim_hidden, dim_out)
            self.first = nn.Linear(dim_in, dim_hidden)

        def forward(self, h):
            return self.second(F.relu(self.first(h)))

    return Head()


@bank.alternative
def layer_by_layer(dim_in, dim_hidden, dim_out):
    head = nn.Sequential()
    head.add_module("in", nn.Linear(dim_in, dim_hidden))
    head.add_module("relu", nn.ReLU(inplace=True))
    head.add_module("out", nn.Linear(dim_hidden, dim_out))
    return head


@bank.misconception(
    "There is no ReLU: two linear layers in a row are one linear map, and the head could as well be a matrix."
)
def no_relu(dim_in, dim_hidden, dim_out):
    return nn.Sequential(nn.Linear(dim_in, dim_hidden), nn.Linear(dim_hidden, dim_out))


@bank.misconception(
    "The head ends in a ReLU: its output has no negative number, so no two vectors can be more than 90° apart. Between the layers only."
)
def relu_at_the_end(dim_in, dim_hidden, dim_out):
    return nn.Sequential(nn.Linear(dim_in, dim_hidden), nn.ReLU(), nn.Linear(dim_hidden, dim_out), nn.ReLU())


@bank.misconception("The ReLU comes before the first layer. It belongs between the two.")
def relu_first(dim_in, dim_hidden, dim_out):
    return nn.Sequential(nn.ReLU(), nn.Linear(dim_in, dim_hidden), nn.Linear(dim_hidden, dim_out))


@bank.misconception(
    "The number of parameters is too small by the size of both layers: the biases are missing. nn.Linear has one unless you turn it off."
)
def no_biases(dim_in, dim_hidden, dim_out):
    return nn.Sequential(
        nn.Linear(dim_in, dim_hidden, bias=False), nn.ReLU(), nn.Linear(dim_hidden, dim_out, bias=False)
    )


@bank.misconception(
    "There is a batch norm in your head (many implementations have one). Here: two linear layers, one ReLU, nothing else."
)
def with_batch_norm(dim_in, dim_hidden, dim_out):
    return nn.Sequential(
        nn.Linear(dim_in, dim_hidden), nn.BatchNorm1d(dim_hidden), nn.ReLU(), nn.Linear(dim_hidden, dim_out)
    )


@bank.misconception("Three linear layers (SimCLR v2 has them). This head has one hidden layer: two linear layers.")
def three_layers(dim_in, dim_hidden, dim_out):
    return nn.Sequential(
        nn.Linear(dim_in, dim_hidden),
        nn.ReLU(),
        nn.Linear(dim_hidden, dim_hidden),
        nn.ReLU(),
        nn.Linear(dim_hidden, dim_out),
    )


@bank.misconception("One linear layer only: the hidden layer is missing, and with it what a linear map cannot do.")
def one_layer(dim_in, dim_hidden, dim_out):
    return nn.Linear(dim_in, dim_out)


@bank.misconception(
    "Your output has the width of the hidden layer: dim_hidden and dim_out are interchanged. The order is in, hidden, out."
)
def widths_swapped(dim_in, dim_hidden, dim_out):
    return nn.Sequential(nn.Linear(dim_in, dim_out), nn.ReLU(), nn.Linear(dim_out, dim_hidden))


@bank.misconception("The hidden layer has the width of the input; dim_hidden is not used. Look at the second argument.")
def hidden_as_wide_as_input(dim_in, dim_hidden, dim_out):
    return nn.Sequential(nn.Linear(dim_in, dim_in), nn.ReLU(), nn.Linear(dim_in, dim_out))


@bank.misconception("The nonlinearity is a sigmoid. The head of SimCLR has a ReLU.")
def sigmoid_instead(dim_in, dim_hidden, dim_out):
    return nn.Sequential(nn.Linear(dim_in, dim_hidden), nn.Sigmoid(), nn.Linear(dim_hidden, dim_out))


@bank.misconception("The nonlinearity is a GELU, close to a ReLU but not it. The head of SimCLR has a ReLU.")
def gelu_instead(dim_in, dim_hidden, dim_out):
    return nn.Sequential(nn.Linear(dim_in, dim_hidden), nn.GELU(), nn.Linear(dim_hidden, dim_out))


@bank.misconception(
    "Your head normalises its output to length 1. The loss does that itself; the head returns the plain vectors."
)
def normalised_output(dim_in, dim_hidden, dim_out):
    class Unit(nn.Module):
        def forward(self, z):
            return F.normalize(z, dim=1)

    return nn.Sequential(nn.Linear(dim_in, dim_hidden), nn.ReLU(), nn.Linear(dim_hidden, dim_out), Unit())


@bank.misconception(
    "The same input gives two different outputs during training: there is a dropout in your head. SimCLR's only luck is in the views."
)
def with_dropout(dim_in, dim_hidden, dim_out):
    return nn.Sequential(nn.Linear(dim_in, dim_hidden), nn.ReLU(), nn.Dropout(0.5), nn.Linear(dim_hidden, dim_out))


@bank.misconception(
    "A layer begins with all weights at zero: every image gets the same vector, and no gradient reaches what is below. Leave the weights as\n"
    "nn.Linear draws them."
)
def begins_at_zero(dim_in, dim_hidden, dim_out):
    head = nn.Sequential(nn.Linear(dim_in, dim_hidden), nn.ReLU(), nn.Linear(dim_hidden, dim_out))
    nn.init.zeros_(head[2].weight)
    return head


@bank.misconception(
    "You return a plain function. Its layers would be hidden from `head.parameters()`, and the optimizer could not train them: return the module."
)
def a_function(dim_in, dim_hidden, dim_out):
    first, second = nn.Linear(dim_in, dim_hidden), nn.Linear(dim_hidden, dim_out)
    return lambda h: second(torch.relu(first(h)))
