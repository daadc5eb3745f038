"""ELECTRA's loss: other right ways, and the ways to ask at the wrong positions or of the wrong network."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.attention_objectives.checks import electra_case
from course_utils.checks import Probe

bank = Bank(
    hidden=[
        Probe("four texts of 9 tokens, padding", lambda g: electra_case(g, 4, 9, 7, padding=4), gradients=(0, 1), weight=2, seed=11, essential=True),
        Probe("weight 10", lambda g: (*electra_case(g, 2, 7, 5), 10.0), gradients=(0, 1), weight=2, seed=12),
        Probe("a discriminator without doubt, padding", lambda g: electra_case(g, 3, 6, 5, padding=2, scale=500.0), gradients=(0, 1), weight=2, seed=13, essential=True),
        Probe("weight 0", lambda g: (*electra_case(g, 3, 8, 6, padding=3), 0.0), gradients=(0,), seed=14),
        Probe("float64, inputs left alone", lambda g: electra_case(g, 2, 6, 4, padding=2, dtype=torch.float64), dtype=True, unchanged=True, rtol=1e-7, seed=15),
        Probe("one text", lambda g: electra_case(g, 1, 5, 3), seed=16),
    ]
)  # fmt: skip


def likelihood(generator, ids, chosen):
    return F.cross_entropy(generator[chosen], ids[chosen])


def bce(logits, labels):
    return F.binary_cross_entropy_with_logits(logits, labels.to(logits.dtype))


def differs(ids, filled):
    return filled != ids


def right(generator, discriminator, ids, chosen, filled, real, weight=50.0):
    return likelihood(generator, ids, chosen) + weight * bce(discriminator[real], differs(ids, filled)[real])


@bank.alternative
def with_softplus(generator, discriminator, ids, chosen, filled, real, weight=50.0):
    log_p = generator.log_softmax(-1).gather(-1, ids[..., None])[..., 0]
    signed = torch.where(filled == ids, discriminator, -discriminator)
    asked = real.to(discriminator.dtype)
    return -(log_p * chosen).sum() / chosen.sum() + weight * (F.softplus(signed) * asked).sum() / asked.sum()


@bank.alternative
def with_reductions(generator, discriminator, ids, chosen, filled, real, weight=50.0):
    labels = ids.masked_fill(~chosen, -100)
    first = F.cross_entropy(generator.transpose(1, 2), labels)
    each = F.binary_cross_entropy_with_logits(discriminator, differs(ids, filled).to(discriminator), reduction="none")
    return first + weight * each.masked_select(real).mean()


def some(mask):
    """A mask that is not empty, so that a mean over it exists."""
    return mask if mask.any() else torch.ones_like(mask)


def put_together(arguments, generator_part=None, discriminator_part=None, combine=None):
    """The loss with one part replaced."""
    generator, discriminator, ids, chosen, filled, real, weight = [*arguments, *[50.0][len(arguments) - 6 :]]
    g = (generator_part or (lambda gen, i, c, f, r: likelihood(gen, i, c)))(generator, ids, chosen, filled, real)
    d = (discriminator_part or (lambda dis, i, c, f, r: bce(dis[r], differs(i, f)[r])))(
        discriminator, ids, chosen, filled, real
    )
    return (combine or (lambda g, d, w: g + w * d))(g, d, weight)


@bank.misconception(
    'The discriminator is asked about replaced tokens only: it learns to say "replaced" always. It is asked about every real token.'
)
def replaced_tokens_only(*arguments):
    return put_together(arguments, discriminator_part=lambda d, i, c, f, r: bce(d[some(differs(i, f))], differs(i, f)[some(differs(i, f))]))  # fmt: skip


@bank.misconception(
    "The discriminator is asked at the chosen positions only. That wastes what ELECTRA is about: a question at *every* real token."
)
def chosen_tokens_only(*arguments):
    return put_together(arguments, discriminator_part=lambda d, i, c, f, r: bce(d[c], differs(i, f)[c]))  # fmt: skip


@bank.misconception(
    "Every chosen token is labelled as replaced. Where the generator drew the original, the token *is* original."
)
def chosen_is_replaced(*arguments):
    return put_together(arguments, discriminator_part=lambda d, i, c, f, r: bce(d[r], c[r]))  # fmt: skip


@bank.misconception("The labels are exchanged: a large logit means *replaced*.")
def labels_inverted(*arguments):
    return put_together(arguments, discriminator_part=lambda d, i, c, f, r: bce(d[r], ~differs(i, f)[r]))  # fmt: skip


@bank.misconception("Padding is judged as well. Average over real tokens.")
def padding_counts(*arguments):
    return put_together(arguments, discriminator_part=lambda d, i, c, f, r: bce(d, differs(i, f)))  # fmt: skip


@bank.misconception("Padding has no loss, but it is counted in the mean: divide by the number of real tokens.")
def padding_in_the_count(*arguments):
    return put_together(arguments, discriminator_part=lambda d, i, c, f, r: bce(d[r], differs(i, f)[r]) * r.to(d.dtype).mean())  # fmt: skip


@bank.misconception("The discriminator's losses are added up. Take their mean over the real tokens.")
def summed(*arguments):
    return put_together(arguments, discriminator_part=lambda d, i, c, f, r: bce(d[r], differs(i, f)[r]) * r.sum())  # fmt: skip


@bank.misconception(
    "The discriminator's losses are divided by the number of *chosen* tokens. There are as many questions as real tokens."
)
def divided_by_chosen(*arguments):
    return put_together(arguments, discriminator_part=lambda d, i, c, f, r: bce(d[r], differs(i, f)[r]) * r.sum() / c.sum())  # fmt: skip


@bank.misconception(
    "Probabilities are taken for logits: the sigmoid is applied twice, and even a perfect discriminator pays."
)
def sigmoid_twice(*arguments):
    return put_together(arguments, discriminator_part=lambda d, i, c, f, r: bce(d[r].sigmoid(), differs(i, f)[r]))  # fmt: skip


@bank.misconception(
    "A sigmoid that is rounded to 0 or 1 makes the logarithm infinite or the gradient nan. Stay with the logits."
)
def log_of_sigmoid(*arguments):
    return put_together(arguments, discriminator_part=lambda d, i, c, f, r: -torch.where(differs(i, f)[r], d[r].sigmoid().log(), (1 - d[r].sigmoid()).log()).mean())  # fmt: skip


@bank.misconception("The generator is trained towards its own sample. Its target is the original token.")
def generator_copies_its_sample(*arguments):
    return put_together(arguments, generator_part=lambda gen, i, c, f, r: F.cross_entropy(gen[c], f[c]))  # fmt: skip


@bank.misconception(
    "The generator has a loss at every real token. It is a masked model: only the chosen ones are asked."
)
def generator_everywhere(*arguments):
    return put_together(arguments, generator_part=lambda gen, i, c, f, r: F.cross_entropy(gen[r], i[r]))  # fmt: skip


@bank.misconception("The generator is trained only where it was wrong. All chosen tokens count, its successes too.")
def generator_at_replaced(*arguments):
    return put_together(arguments, generator_part=lambda gen, i, c, f, r: F.cross_entropy(gen[some(differs(i, f))], i[some(differs(i, f))]))  # fmt: skip


@bank.misconception("The weight is ignored: the discriminator's loss is multiplied by lambda.")
def no_weight(*arguments):
    return put_together(arguments, combine=lambda g, d, w: g + d)  # fmt: skip


@bank.misconception("The weight is on the generator's loss. It belongs to the discriminator's.")
def weight_on_the_generator(*arguments):
    return put_together(arguments, combine=lambda g, d, w: w * g + d)  # fmt: skip


@bank.misconception(
    "The discriminator's loss is subtracted, as if this were a game between the two. ELECTRA is no GAN: both losses are minimised."
)
def adversarial(*arguments):
    return put_together(arguments, combine=lambda g, d, w: g - w * d)  # fmt: skip


@bank.misconception("The generator's loss is missing: it would never learn to make good mistakes.")
def discriminator_only(*arguments):
    return put_together(arguments, combine=lambda g, d, w: w * d + 0 * g)  # fmt: skip


@bank.misconception("The discriminator's loss is missing.")
def generator_only(*arguments):
    return put_together(arguments, combine=lambda g, d, w: g + 0 * d)  # fmt: skip


@bank.misconception("The two losses are averaged. They are added.")
def halved(*arguments):
    return put_together(arguments, combine=lambda g, d, w: (g + w * d) / 2)  # fmt: skip


@bank.misconception(
    "The loss is right and no gradient reaches the generator: it has been detached. It is trained by its likelihood; only the *sample* carries no gradient."
)
def generator_detached(generator, discriminator, ids, chosen, filled, real, weight=50.0):
    return right(generator.detach(), discriminator, ids, chosen, filled, real, weight)
