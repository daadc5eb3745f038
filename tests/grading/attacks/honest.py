"""Right answers in unlucky notebooks: each must get full marks."""

import copy

from nbformat import NotebookNode, v4

from tests.grading.attacks import FULL, SOFTMAX, TOTAL, Submission, by_name


def insert_after(node: NotebookNode, name: str, cell: NotebookNode) -> None:
    node.cells.insert(node.cells.index(by_name(node, name)) + 1, cell)


def copied_test(node: NotebookNode) -> None:
    insert_after(node, "softmax_check", copy.deepcopy(by_name(node, "softmax_check")))


def copied_to_the_top(node: NotebookNode) -> None:
    node.cells.insert(0, copy.deepcopy(by_name(node, "softmax_check")))


def copied_answer(node: NotebookNode) -> None:
    old = copy.deepcopy(by_name(node, "softmax"))
    old.source = "def softmax(x):\n    return x  # first try"
    node.cells.insert(node.cells.index(by_name(node, "softmax")), old)


def deleted(*names: str):
    def edit(node: NotebookNode) -> None:
        for name in names:
            node.cells.remove(by_name(node, name))

    return edit


def no_metadata(node: NotebookNode) -> None:
    node.metadata.clear()
    node.cells.append(v4.new_raw_cell("raw"))


def broken_test_text(node: NotebookNode) -> None:
    by_name(node, "softmax_check").source = "assert softmax(  # oops, the cat"


def imports_edited(node: NotebookNode) -> None:
    by_name(node, "imports").source = "import numpy"


def lucky(softmax: str = SOFTMAX, total: str = TOTAL, **fields) -> Submission:
    return Submission("honest", softmax, total, earns=dict(FULL), **fields)


def body(line: str) -> str:
    return SOFTMAX.replace("    e = ", f"    {line}\n    e = ", 1)


HONEST: dict[str, Submission] = {
    "as it should be": lucky(),
    "warnings.warn": lucky(body("import warnings; warnings.warn('hot')")),
    "numpy warns": lucky(body("np.log(np.zeros(1)); np.zeros(1) / 0")),
    "tqdm on stderr": lucky(total=TOTAL.replace("for number in numbers", "for number in __import__('tqdm').tqdm(numbers)")),
    "writes to stderr": lucky(body("import sys; print('debug', file=sys.stderr)")),
    "logging": lucky(body("import logging; logging.warning('careful')")),
    "prints in an answer": lucky(body("print('x is', x)")),
    "prints 4.0 last": lucky(body("print(0.0)")),
    "a test copied": lucky(edit=copied_test),
    "a test copied to the top": lucky(edit=copied_to_the_top),
    "an answer copied and improved": lucky(edit=copied_answer),
    "tests lost": lucky(edit=deleted("softmax_check", "total_check")),
    "imports deleted": lucky(edit=deleted("imports")),
    "imports edited": lucky(edit=imports_edited),
    "a test edited": lucky(edit=broken_test_text),
    "metadata lost": lucky(edit=no_metadata),
    "an error before the answer": lucky(before=("1 / 0", "x = (")),
    "an endless cell": lucky(between=("while True: pass",)),
    "input()": lucky(before=("name = input('your name? ')",)),
    "exit() in a cell": lucky(between=("exit()",)),
    "sys.exit in a cell": lucky(between=("import sys\nsys.exit(1)",)),
    "magics": lucky(before=("%matplotlib inline", "%%time\n1 + 1", "!echo hello", "%pip --version")),
    "top-level await": lucky(before=("import asyncio\nawait asyncio.sleep(0)",)),
    "a plot": lucky(before=("import matplotlib.pyplot as plt\nplt.plot([1, 2])",)),
    "a flood within the cap": lucky(before=("for i in range(20_000): print(i)",)),
    "a flood beyond the cap": lucky(before=("print('x' * 5_000_000)",)),
    "names of the tests used": lucky(before=("right = big = 7\nnp = None", "import numpy as np")),
    "stdout replaced": lucky(before=("import sys, io\nsys.stdout = io.StringIO()",)),
    "stdout closed": lucky(before=("import sys\nsys.stdout.close()",)),
    "a progress bar in threads": lucky(before=("from concurrent.futures import ThreadPoolExecutor\nlist(ThreadPoolExecutor(4).map(str, range(10)))",)),
    "processes of its own": lucky(before=("import multiprocessing as m\nwith m.get_context('fork').Pool(2) as p: print(p.map(abs, [-1]))",)),
    "threads of torch": lucky(before=("import torch\ntorch.set_num_threads(2)\n(torch.randn(400, 400) @ torch.randn(400, 400)).sum()",)),
    "seeds and states": lucky(before=("np.random.seed(0)\nnp.seterr(all='ignore')\nnp.set_printoptions(precision=1)",)),
    "a subclass returned": lucky(total=TOTAL.replace("return result", "return np.int64(result)")),
    "recursion": lucky(total="def total(numbers):\n    return numbers[0] + total(numbers[1:]) if numbers else 0"),
    "a lambda": lucky(total="total = lambda numbers: sum(numbers)"),
    "functools": lucky(total="import functools, operator\ntotal = functools.partial(functools.reduce, operator.add)"),
    "a callable object": lucky(total="class Total:\n    def __call__(self, numbers): return sum(numbers)\ntotal = Total()"),
    "its own names like the grader's": lucky(before=("student = channel = me = lab = check = None",)),
}  # fmt: skip
