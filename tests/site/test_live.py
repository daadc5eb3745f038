"""The live pages in Chromium, from a plain server under a sub-path: they say what Python says, fetch nothing from elsewhere, and can be
used by keyboard and by ear. Each page is loaded once.
"""

import math
import random
import threading
import unicodedata
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from shutil import copytree

import numpy as np
import pytest
import torch
from torch.distributions import Normal

from course_tools.site import build as site
from course_tools.site.live import PAGES, RIVALS, SEASON, stage_live
from course_utils.infonce.reference import optimal_bounds
from course_utils.models import load_causal, load_masked
from course_utils.models.tokenization import bpe_tokenizer
from course_utils.paths import ROOT
from course_utils.pseudo_perplexity.score import METRICS, score_causal, score_masked, with_start
from course_utils.pythia_scaling.game import SimulatedLab
from tests.browser.access import LOOKS, chromium, faults, needs_browser

pytestmark = [needs_browser, pytest.mark.slow(15)]

EXAMPLE = "We are grateful to the Congress for the extraordinary appropriations of the last year."
TEXTS = [EXAMPLE, "No naïve café, ½ of it in 1890!"]
IMPORT = "async ([module, argument]) => (%s)(await import(module), argument)"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The address of a site with the live pages and an empty page for each notebook."""
    folder = tmp_path_factory.mktemp("live")
    source = folder / "source"
    copytree(ROOT / "docs" / "_static", source / "_static")
    copytree(ROOT / "docs" / "live", source / "live")
    settings = (ROOT / "docs" / "conf.py").read_text().replace('["myst_nb"]', '["myst_parser"]')  # a second quicker
    (source / "conf.py").write_text(settings)
    (source / "notebooks").mkdir()
    for task in PAGES:
        (source / "notebooks" / f"{task}.md").write_text(f"# {task}\n")
    (source / "index.md").write_text("# Home\n\n```{toctree}\n:glob:\n\nlive/*\nnotebooks/*\n```\n")
    stage_live(source / "_static" / "live")
    site.sphinx(source, folder / "served" / "course")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder / "served"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/course"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def pages(served):
    """Each live page, open and ready, by name; at the end: no error, and not one request to anywhere else."""
    asked, wrong = [], []
    with chromium() as browser:
        context = browser.new_context()
        context.route(lambda url: not url.startswith(f"{served}/"), lambda route: route.abort())
        context.on("request", lambda request: asked.append(request.url))
        opened = {}
        for name in PAGES.values():
            page = opened[name] = context.new_page()
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("console", lambda message: wrong.append(message.text))
            page.goto(f"{served}/live/{name}.html")
            page.wait_for_selector("body[data-live]")
        yield opened
    assert wrong == []
    assert [url for url in asked if not url.startswith(f"{served}/")] == []


def call(page, served, module, function, argument=None):
    """function(module, argument) in the page. function: source of a JavaScript function."""
    return page.evaluate(IMPORT % function, [f"{served}/_static/live/{module}.js", argument])


def status(page):
    return page.inner_text("[role=status]")


# --- a sentence under two models

TOKENS = """async ({Tokenizer}, texts) => {
    const file = await (await fetch(new URL("../_static/live/tokenizer.json", location))).json();
    const tokenizer = new Tokenizer(file);
    return texts.map((text) => tokenizer.encode(text));
}"""


def strange_texts(count):
    """Texts of characters from all of Unicode that Python knows, with the spaces and signs that tokenizers trip over."""
    known = [c for c in map(chr, range(0x110000)) if unicodedata.category(c) not in ("Cn", "Cs", "Co")]
    draw = random.Random(0)
    pools = [known, known[:600], " \n\t\u00a0\u0085\ufeff'sdtABab12.,", ["[MASK]", "[SEP]", "'ll", "  "]]
    return ["".join(draw.choice(draw.choice(pools)) for _ in range(draw.randint(0, 40))) for _ in range(count)]


def test_tokens_are_those_of_python_for_every_text(pages, served):
    texts = [*strange_texts(1000), *(ROOT / "README.md").read_text(encoding="utf-8").splitlines(), "naïve 日本語 😀"]
    found = call(pages["surprise"], served, "tokenizer", TOKENS, texts)
    encoded = bpe_tokenizer()(texts, add_special_tokens=False)
    for number, (text, tokens) in enumerate(zip(texts, found, strict=True)):
        assert [token["id"] for token in tokens] == encoded["input_ids"][number], repr(text)
        assert [token["word"] for token in tokens] == encoded.word_ids(number), repr(text)


@pytest.fixture(scope="module")
def models():
    return load_masked("sotu-bert"), load_causal("sotu-neox")


def numbers(page):
    """The two columns of the table of surprises."""
    rows = page.locator("#numbers tbody tr").all_inner_texts()
    return np.array([[float(cell) for cell in row.split("\t")[1:]] for row in rows])


def score(page, text):
    """Put a text in, press Enter, wait for its verdict."""
    page.fill("#text", text)
    page.press("#text", "Enter")
    page.wait_for_function("document.querySelector('#state').textContent.includes('Pseudo-perplexity')")


def test_the_page_shows_the_surprises_of_python(pages, models):
    page = pages["surprise"]
    page.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))")
    score(page, EXAMPLE)
    masked, causal = score_masked(models[0], [EXAMPLE])[0], score_causal(models[1], [EXAMPLE])[0]
    assert np.abs(numbers(page) + torch.stack([masked, causal], dim=1).numpy()).max() < 6e-4  # shown to three places
    pppl, ppl = (math.exp(-scores.mean()) for scores in (masked, causal))
    assert status(page) == f"21 tokens. Pseudo-perplexity {pppl:.3g}, perplexity of the causal twin {ppl:.3g}."


SCORE = """async ({loadModels}, texts) => {
    const scores = await import(new URL("../_static/live/scores.js", location));
    const {bert, neox, tokenizer} = await loadModels();
    return texts.map((text) => {
        const tokens = tokenizer.encode(text);
        return {
            original: [...scores.maskedScores(bert, tokenizer, tokens)],
            within_word_l2r: [...scores.maskedScores(bert, tokenizer, tokens, true)],
            causal: scores.causalScores(neox, tokenizer, tokens),
            logits: [...scores.maskedLogits(bert, tokenizer, tokens, 3)],
            likeliest: scores.likeliest(scores.maskedLogits(bert, tokenizer, tokens, 3), 5).map(({id}) => id),
        };
    });
}"""


def test_scores_and_logits_are_those_of_python(pages, models, served):
    """To 1e-4, in natural logarithms; seen are 5e-6."""
    bert, neox = models
    for text, found in zip(TEXTS, call(pages["surprise"], served, "models", SCORE, TEXTS), strict=True):
        for metric in METRICS:
            assert np.abs(np.array(found[metric]) - score_masked(bert, [text], metric)[0].numpy()).max() < 1e-4
        assert np.abs(np.array(found["causal"]) - score_causal(neox, [text])[0].numpy()).max() < 1e-4
        ids = torch.tensor(bert.tokenizer(text)["input_ids"])
        ids[4] = bert.tokenizer.mask_token_id
        with torch.inference_mode():
            logits = bert.model(ids[None]).logits[0, 4]
        assert np.abs(np.array(found["logits"]) - logits.numpy()).max() < 1e-4
        assert found["likeliest"] == logits.topk(5).indices.tolist()


def test_a_sentence_by_keyboard(pages):
    page = pages["surprise"]
    text = "We thank the [MASK] of the United States."
    score(page, text)
    assert page.inner_text("#place") == "In place of the mask:"
    page.focus("#strip button:nth-child(2)")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert (
        page.locator("#strip [aria-pressed=true]").get_attribute("aria-label").startswith("than: ")
    )  # the first piece of thank
    assert page.inner_text("#place") == "In place of “than”:"
    assert page.locator("#guesses-masked li").count() == 8
    before = page.locator("#compared tbody tr").count()
    page.press("#scramble", "Enter")
    page.wait_for_function("(n) => document.querySelectorAll('#compared tbody tr').length > n", arg=before)
    assert sorted(page.input_value("#text").split()) == sorted(text.split())
    page.press("#restore", "Enter")
    assert page.input_value("#text") == text
    score(page, EXAMPLE)
    page.fill("#text", "a " * 200)
    page.press("#text", "Enter")
    assert "the models read 126 at a time" in status(page)


# --- the InfoNCE bound


def test_the_bound_of_one_matrix_is_that_of_python(pages, served):
    sample = """({pairs, normals, bound}, rho) => {
        const drawn = pairs(rho, 16, normals(3));
        return {bound: bound(drawn, rho), x: drawn.x.map((v) => [...v]), y: drawn.y.map((v) => [...v])};
    }"""
    rho = 0.6
    found = call(pages["infonce"], served, "infonce", sample, rho)
    x, y = (torch.tensor(found[name], dtype=torch.float64) for name in "xy")
    given = Normal(rho * x[:, None], math.sqrt(1 - rho**2)).log_prob(y)
    scores = (given - Normal(0.0, 1.0).log_prob(y)).sum(dim=2)
    loss = torch.nn.functional.cross_entropy(scores, torch.arange(16))
    assert found["bound"] == pytest.approx(math.log(16) - loss.item(), abs=1e-12)


def test_the_curve_is_the_recorded_one(pages, served):
    contexts = 4096
    cells = [cell for (information, k), cell in optimal_bounds().items() if information in (2, 6) and k in (2, 32, 128)]
    for cell in cells:
        run = "({curve}, [information, k, contexts]) => curve(information, [k], contexts, 5)[0].value"
        found = call(pages["infonce"], served, "infonce", run, [cell.mutual_information, cell.candidates, contexts])
        assert abs(found - cell.bound) < 4 * math.hypot(cell.term_sd / math.sqrt(contexts), cell.standard_error)


def test_draws_are_normal(pages, served):
    drawn = call(
        pages["infonce"],
        served,
        "infonce",
        "({normals}) => { const n = normals(0); return Array.from({length: 20000}, () => n.next().value); }",
    )
    moments = [np.mean(np.power(drawn, k)) for k in (1, 2, 3, 4)]
    assert np.abs(np.array(moments) - [0, 1, 0, 3]).max() < 0.15
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 0.03


def test_sliders_by_keyboard(pages):
    page = pages["infonce"]
    assert page.inner_text("#exponent-value") == "32"
    page.press("#exponent", "ArrowRight")
    assert page.inner_text("#exponent-value") == "64"
    assert status(page).startswith("With K = 64 the bound reads 3.")
    page.press("#information", "Home")
    assert "of 0.5; log K = 4.16 leaves room for all of it" in status(page)
    before = page.locator("#chart").get_attribute("aria-label")
    page.press("#again", "Enter")
    assert page.input_value("#seed") == "2"
    assert page.locator("#chart").get_attribute("aria-label") != before


# --- the budget game


def test_losses_and_verdicts_are_those_of_python(pages, served):
    runs = [(3e6, 6e7), (1e7, 2e8), (1e8, 2e9), (2e8, 3e9)]
    play = """({Laboratory}, [game, runs]) => game.labs.map((one) => {
        const lab = new Laboratory(one, game);
        runs.forEach((run) => lab.train(...run));
        const rivals = Object.entries(one.rivals).map(([name, row]) => [name, lab.judge(...row)]);
        return {ledger: lab.ledger, left: lab.left, verdict: lab.submit(1.9, 2.1, 2.2), rivals: Object.fromEntries(rivals)};
    })"""
    page = pages["game"]
    game = page.evaluate("async () => (await fetch('../_static/live/game.json')).json()")
    for seed, one, found in zip(SEASON, game["labs"], call(page, served, "game", play, [game, runs]), strict=True):
        lab = SimulatedLab(seed)
        losses = [lab.train(*run) for run in runs]
        assert [run["loss"] for run in found["ledger"]] == pytest.approx(losses, rel=1e-12)
        assert found["left"] == pytest.approx(lab.left, rel=1e-12)
        assert found["verdict"] == pytest.approx(vars(lab.submit(1.9, 2.1, 2.2)), rel=1e-9)
        assert list(one["rivals"]) == list(RIVALS)
        for name, row in one["rivals"].items():
            assert found["rivals"][name] == pytest.approx(vars(SimulatedLab(seed).submit(*row)), rel=1e-9)


def test_the_ruler_is_least_squares(pages, served):
    runs = [{"params": 1e6, "loss": 4.0}, {"params": 1e7, "loss": 3.1}, {"params": 1e8, "loss": 2.6}]
    lay = "({ruler}, runs) => { const line = ruler(runs, 1.5); return [line.exponent, line.at(1e9)]; }"
    exponent, forecast = call(pages["game"], served, "game", lay, runs)
    slope, start = np.polyfit(np.log([1e6, 1e7, 1e8]), np.log([2.5, 1.6, 1.1]), 1)
    assert exponent == pytest.approx(-slope, rel=1e-9)
    assert forecast == pytest.approx(1.5 + math.exp(start + slope * math.log(1e9)), rel=1e-9)
    assert call(pages["game"], served, "game", "({ruler}, runs) => ruler(runs, 2.7)", runs) is None


def test_a_game_by_keyboard(pages):
    page = pages["game"]
    page.press("#params", "ArrowRight")
    page.press("#run button", "Enter")
    assert status(page).startswith("1.1e7 parameters on 1.0e8 tokens: loss ")
    assert page.locator("#ledger tbody tr").count() == 1
    page.press("#params", "End")
    page.press("#tokens", "End")
    page.press("#run button", "Enter")
    assert status(page) == "That costs more than what is left. Nothing was trained."
    page.press("#forecast button", "Enter")
    assert status(page) == "A forecast is low ≤ middle ≤ high."
    for name, value in {"low": "1.9", "middle": "2.1", "high": "2.3"}.items():
        page.fill(f"#{name}", value)
    page.press("#high", "Enter")
    assert status(page).startswith("The truth is ")
    assert page.locator("#board tbody th").all_inner_texts().count("you") == 1
    assert page.locator("#board tbody tr").count() == 1 + len(RIVALS)
    page.press("#next", "Enter")
    assert status(page).startswith("Laboratory 2: 1.0e19 FLOPs to spend.")
    assert page.evaluate("document.activeElement.id") == "params"


# --- three masks

ATTEND = """async ({loadModels}, text) => {
    const {bert, neox, tokenizer} = await loadModels();
    const ids = [tokenizer.cls, ...tokenizer.encode(text).map(({id}) => id)];
    return [bert, neox].map((model) => {
        const seen = [];
        model.states(ids, {seen});
        return seen.map((weights) => [...weights]);
    });
}"""


def test_attention_is_that_of_python(pages, models, served):
    for lm, found in zip(models, call(pages["masks"], served, "models", ATTEND, EXAMPLE), strict=True):
        ids = torch.tensor([with_start(lm.tokenizer, EXAMPLE)])
        lm.model.set_attn_implementation("eager")  # the other kernels do not keep the weights
        with torch.inference_mode():
            layers = lm.model(ids, output_attentions=True).attentions
        expected = torch.cat([layer[0] for layer in layers]).flatten(1)
        assert np.abs(np.array(found) - expected.numpy()).max() < 1e-5


@pytest.mark.parametrize("mask", ["causal", "full", "prefix"])
def test_who_notices_is_who_is_reached(pages, mask):
    """In two layers, what one position sees of another comes by at most one between them."""
    page = pages["masks"]
    page.select_option("#mask", mask)
    page.locator("#strip button").nth(7).click()
    marks = page.locator("#strip button").evaluate_all("(all) => all.map((one) => one.classList.contains('notices'))")
    i, j = np.indices((len(marks), len(marks)))
    sees = {"causal": j <= i, "full": j >= 0, "prefix": (j <= i) | (j < int(page.input_value("#prefix")))}[mask]
    assert marks == (sees.astype(int) @ sees.astype(int) > 0)[:, 7].tolist()
    assert status(page).startswith(
        f"When “{page.locator('#strip button').nth(7).inner_text()}” is hidden, {sum(marks)} of "
    )


def test_masks_by_keyboard(pages):
    page = pages["masks"]
    page.select_option("#mask", "prefix")
    page.press("#prefix", "Home")
    page.press("#prefix", "ArrowRight")
    assert "Of the positions, 1 may look at the token that comes next" in status(page)
    page.focus("#strip button:nth-child(2)")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    assert page.inner_text("#looks th").startswith("“W” looks at")
    page.select_option("#model", "bert")
    assert "perplexity" not in status(page)
    assert page.locator("#looks tbody tr").count() == 5
    page.fill("#text", "a b " * 30)
    page.press("#text", "Enter")
    assert "tokens fit here" in status(page)


# --- all of them


@pytest.mark.parametrize("name", PAGES.values())
def test_a_page_that_lives_is_accessible_and_fits_a_phone(pages, name):
    page = pages[name]
    for scheme, width, contrast in LOOKS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        assert faults(page, contrast) == [], (scheme, width)
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_a_page_that_cannot_live_says_what_it_needs(pages, served):
    page = pages["game"].context.browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{served}/live/game.html")
    assert "needs JavaScript and a web server" in status(page)
    assert not page.is_visible("#run")
