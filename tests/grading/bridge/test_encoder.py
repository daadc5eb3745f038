"""Properties of the encoder of values: whatever crosses comes back as it was, and whatever nonsense arrives is a value or is refused."""

import contextlib
import json
import math
import socket
from decimal import Decimal
from fractions import Fraction

import numpy as np
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from course_tools.grading.bridge.changes import snapshots, write_back
from course_tools.grading.bridge.decoder import DECODERS, Decoder
from course_tools.grading.bridge.encoder import Encoder
from course_tools.grading.bridge.values import DEPTH, DTYPES, NotPlain
from course_tools.grading.bridge.wire import Channel
from course_tools.grading.judge.host import Host
from course_tools.grading.judge.remote import RemoteObject

quick = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


def across(value):
    """As the other side gets it: encoded, written as JSON, read and decoded."""
    encoder = Encoder(lambda value, encoder: {"reference": 0, "kinds": [type(value).__name__]})
    node = json.loads(json.dumps(encoder.node(value)))
    return Decoder(encoder.buffers, lambda node, decoder: node).value(node)


def bits(tensor):
    return tensor.detach().clone(memory_format=torch.contiguous_format).reshape(-1).view(torch.uint8)


def same(a, b):
    """Equal in type, and equal to the last bit, nan included."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a.items(), b.items(), strict=True))
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and a.shape == b.shape and torch.equal(bits(a), bits(b))
    if isinstance(a, np.ndarray):
        return (
            a.dtype == b.dtype
            and a.shape == b.shape
            and (a.tobytes() == b.tobytes() if a.dtype.kind != "O" else same(a.tolist(), b.tolist()))
        )
    if isinstance(a, np.generic):
        return a.dtype == b.dtype and a.tobytes() == b.tobytes()
    if isinstance(a, complex):
        return same(a.real, b.real) and same(a.imag, b.imag)
    if isinstance(a, Decimal) and a.is_nan():  # quiet or signalling
        return str(a) == str(b)
    if isinstance(a, float):
        return str(a) == str(b) and (math.isnan(a) or a == b)
    return a == b


numbers = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.complex_numbers())
exact = st.one_of(st.fractions(), st.decimals(), st.binary(), st.just(...), st.sampled_from(list(DTYPES.values())))
text = st.text(st.characters(exclude_categories=["Cs"]))
ranges = st.builds(range, st.integers(-99, 99), st.integers(-99, 99), st.integers(1, 9))
hashable = st.one_of(st.integers(), text, st.binary(), st.booleans(), st.none())
dtypes = st.one_of(
    arrays.boolean_dtypes(),
    arrays.integer_dtypes(),
    arrays.unsigned_integer_dtypes(),
    arrays.floating_dtypes(sizes=(16, 32, 64)),
    arrays.complex_number_dtypes(sizes=(64, 128)),
    arrays.unicode_string_dtypes(max_len=5),
    arrays.byte_string_dtypes(max_len=5),
)
ndarrays = arrays.arrays(dtypes, arrays.array_shapes(min_dims=0, min_side=0, max_side=4))


@st.composite
def tensors(draw):
    """Of every dtype, also transposed, strided, expanded or of no entries, as leaf or parameter."""
    dtype = draw(st.sampled_from(list(DTYPES.values())))
    shape = draw(arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    raw = draw(st.binary(min_size=16 * math.prod(shape), max_size=16 * math.prod(shape)))
    flat = torch.frombuffer(bytearray(raw), dtype=torch.uint8).clone() if raw else torch.empty(0, dtype=torch.uint8)
    tensor = (flat % 2).bool() if dtype is torch.bool else flat.view(dtype)
    tensor = tensor[: math.prod(shape)].reshape(shape)
    match draw(st.sampled_from(["as it is", "transposed", "strided", "expanded", "leaf", "parameter"])):
        case "transposed":
            return tensor.permute(tuple(reversed(range(tensor.dim()))))
        case "strided" if tensor.dim():
            return tensor[::2]
        case "expanded":
            return tensor.unsqueeze(0).expand(3, *shape)
        case "leaf" if dtype.is_floating_point:
            return tensor.clone().requires_grad_()
        case "parameter" if dtype.is_floating_point:
            return torch.nn.Parameter(tensor.clone())
    return tensor


plain = st.one_of(numbers, exact, text, ranges, ndarrays, tensors(), st.sets(hashable), st.frozensets(hashable))
values = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(hashable, inner, max_size=4),
    ),
    max_leaves=12,
)


@quick
@given(values)
def test_everything_comes_back_as_it_was(value):
    assert same(across(value), value)


@quick
@given(tensors())
def test_what_a_tensor_is_to_autograd_comes_back(tensor):
    back = across(tensor)
    assert (back.requires_grad, back.is_leaf) == (tensor.requires_grad, tensor.is_leaf)


@quick
@given(st.lists(values, max_size=3))
def test_the_same_object_twice_is_the_same_object_twice(items):
    shared = [*items, 1.5]
    back = across([shared, shared, (shared,)])
    assert back[0] is back[1] is back[2][0]


def test_what_holds_itself_comes_back_holding_itself():
    knot: list = [1]
    knot.append({"knot": knot})
    back = across(knot)
    assert back[1]["knot"] is back


def test_too_deep_is_refused():
    deep: list = []
    for _ in range(DEPTH + 1):
        deep = [deep]
    try:
        across(deep)
    except NotPlain:
        return
    raise AssertionError("was sent")


@quick
@given(ndarrays.filter(lambda array: array.dtype.kind != "V"), st.data())
def test_a_change_in_place_is_made_on_the_other_side(before, data):
    ours, theirs = before.copy(), before.copy()
    theirs[...] = data.draw(arrays.arrays(before.dtype, before.shape))
    ((node, buffers),) = snapshots([theirs], lambda *_: {})
    write_back(ours, Decoder(buffers, lambda node, decoder: node).value(node))
    assert same(ours, theirs)


scraps = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 12),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["<f8", "float32", "|O", "V0", "torch.load", "0x1"]),
)
keys = st.sampled_from(
    [
        *DECODERS,
        "slot",
        "dtype",
        "shape",
        "requires",
        "leaf",
        "parameter",
        "grad",
        "fields",
        "name",
        "labels",
        "reference",
        "kinds",
        "callable",
        "pickle",
    ]
)
garbage = st.recursive(
    scraps,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=7)),
    max_leaves=25,
)


@settings(quick, max_examples=1000)
@given(garbage, st.lists(st.binary(max_size=16), max_size=3))
def test_garbage_is_a_value_or_refused(node, buffers):
    """Nothing else escapes, and no object with a student's behaviour arises but a remote one."""
    a, b = socket.socketpair()
    with a, b:
        try:
            value = Decoder(buffers, Host(Channel(a), 1.0)._resolve).value(node)
        except NotPlain:
            return
    assert isinstance(
        value,
        (
            RemoteObject,
            torch.Tensor,
            np.ndarray,
            np.generic,
            tuple,
            list,
            dict,
            set,
            frozenset,
            str,
            bytes,
            int,
            float,
            complex,
            range,
            Fraction,
            Decimal,
            torch.dtype,
            type(None),
            type(...),
        ),
    )


@st.composite
def almost_right(draw):
    """What a value becomes, with one part replaced by something else."""
    encoder = Encoder(lambda value, encoder: {"reference": 0})
    node = json.loads(json.dumps(encoder.node(draw(values))))
    place = node
    while isinstance(place, (dict, list)) and place:
        key = draw(st.sampled_from(list(place) if isinstance(place, dict) else list(range(len(place)))))
        if draw(st.booleans()) or not isinstance(place[key], (dict, list)):
            place[key] = draw(garbage)
            break
        place = place[key]
    return node, encoder.buffers


@settings(quick, max_examples=400)
@given(almost_right())
def test_a_damaged_value_is_a_value_or_refused(damaged):
    node, buffers = damaged
    a, b = socket.socketpair()
    with a, b, contextlib.suppress(NotPlain):
        Decoder(buffers, Host(Channel(a), 1.0)._resolve).value(node)
