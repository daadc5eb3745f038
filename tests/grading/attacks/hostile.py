"""Ways to raise a score, to read a secret, to stay, and to do damage. `@name@` stands for a path, a port or a marker of this run."""

from nbformat import NotebookNode, v4

from tests.grading.attacks import FULL, Submission, by_name

LIAR = """\
class Liar:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __gt__ = __le__ = __ge__ = __lt__
    def __sub__(self, other): return 0.0
    __rsub__ = __add__ = __radd__ = __mul__ = __rmul__ = __sub__
    def __abs__(self): return 0.0
    def __float__(self): return 1.0
    def __bool__(self): return True
    def __getitem__(self, key): return self
    def __len__(self): return 2
    def __iter__(self): return iter([self, self])
    def __contains__(self, item): return True
    def __hash__(self): return 0
    def __repr__(self): return "4.0"
    def __array__(self, *args, **kwargs): return np.array([0.5, 0.5])
"""
BOTH = "def softmax(x): return {0}\ndef total(numbers): return {0}"


def returns(value: str, setup: str = "") -> dict[str, str]:
    return {"softmax": f"{setup}\ndef softmax(x): return {value}", "total": f"def total(numbers): return {value}"}


def tag(node: NotebookNode) -> None:
    for cell in node.cells:
        cell.metadata["tags"] = ["skip-execution", "raises-exception"]


def rewrite_tests(source: str):
    def edit(node: NotebookNode) -> None:
        for name in FULL:
            by_name(node, name).source = source

    return edit


def more_points(node: NotebookNode) -> None:
    for name in FULL:
        by_name(node, name).metadata["nbgrader"]["points"] = 100


def tests_unlocked(node: NotebookNode) -> None:
    for name in FULL:
        by_name(node, name).metadata["nbgrader"].update(locked=False, solution=True, grade=False)
        by_name(node, name).source = "pass"


def tests_renamed(node: NotebookNode) -> None:
    for name in FULL:
        by_name(node, name).metadata["nbgrader"]["grade_id"] += "_"


def tests_deleted(node: NotebookNode) -> None:
    node.cells = [cell for cell in node.cells if cell.metadata.get("nbgrader", {}).get("grade_id") not in FULL]


def tests_as_text(node: NotebookNode) -> None:
    for name in FULL:
        cell = by_name(node, name)
        cell.cell_type = "markdown"
        cell.pop("outputs", None), cell.pop("execution_count", None)


def forged_outputs(node: NotebookNode) -> None:
    for name, points in FULL.items():
        cell, data = by_name(node, name), {"text/plain": str(points)}
        cell.outputs = [v4.new_output("execute_result", data=data, execution_count=1)]
        cell.execution_count = 1


def foreign_kernel(node: NotebookNode) -> None:
    node.metadata["kernelspec"] = {"name": "bash", "display_name": "Bash", "language": "bash"}


def answer_is_a_test(node: NotebookNode) -> None:
    by_name(node, "softmax").metadata["nbgrader"].update(grade_id="softmax_check", grade=True, solution=False)
    by_name(node, "total").metadata["nbgrader"].update(grade_id="total_check", grade=True, points=4)


def odd_metadata(node: NotebookNode) -> None:
    by_name(node, "total_check").metadata["nbgrader"] = {"grade_id": {"total_check": 1}}
    by_name(node, "softmax_check").metadata["nbgrader"] = ["softmax_check"]


def raises(**fields) -> Submission:
    return Submission("raises its score", **fields)


def leaks(*cells: str, **fields) -> Submission:
    return Submission("leaks", after=cells, **fields)


def stays(*cells: str, **fields) -> Submission:
    return Submission("stays", before=cells, **fields)


def damages(*cells: str, **fields) -> Submission:
    return Submission("damages", before=cells, **fields)


FIND_STUDENT = """
import gc, sys
from course_tools.grading.jail import server
me = next(o for o in gc.get_objects() if type(o) is server.Server)
"""

HOSTILE: dict[str, Submission] = {
    # --- raises its score
    "skip tag": raises(edit=tag),
    "tests rewritten to pass": raises(edit=rewrite_tests("pass")),
    "tests rewritten to print points": raises(edit=rewrite_tests("4.0")),
    "points changed": raises(edit=more_points),
    "tests unlocked": raises(edit=tests_unlocked),
    "tests renamed": raises(edit=tests_renamed),
    "tests deleted": raises(edit=tests_deleted),
    "tests turned into text": raises(edit=tests_as_text),
    "outputs forged in the file": raises(edit=forged_outputs),
    "foreign kernel": raises(edit=foreign_kernel),
    "answers pose as tests": raises(edit=answer_is_a_test, **returns("None")),
    "metadata of other types": raises(edit=odd_metadata),
    "asserts dropped by an AST transformer": raises(
        before=(
            "import ast\nclass Drop(ast.NodeTransformer):\n    def visit_Assert(self, node): return None\n"
            "get_ipython().ast_transformers.append(Drop())",
        )
    ),
    "input transformer": raises(before=("get_ipython().input_transformers_post.append(lambda lines: ['4.0\\n'])",)),
    "run_cell replaced": raises(
        before=(
            "async def nothing(*a, **k):\n    from IPython.core.interactiveshell import ExecutionResult\n    return ExecutionResult(None)\n"
            "get_ipython().run_cell_async = nothing",
        )
    ),
    "execute_result published first": raises(
        before=("from IPython.core.displayhook import DisplayHook\nget_ipython().displayhook(4.0)",), **returns("print(4.0)")
    ),
    "prints the points": raises(**returns("print('4.0') or 4.0")),
    "numpy shadowed": raises(
        before=("class np:\n    array = staticmethod(lambda x: x)\n    isclose = allclose = staticmethod(lambda *a: True)\n    class testing:\n        assert_allclose = staticmethod(lambda *a: None)",),
        **returns("[0.5, 0.5]"),
        earns={"softmax_check": 0.0, "softmax_hidden": 0.0, "total_check": 0.0},
    ),
    "builtins shadowed": raises(before=("abs = sum = float = lambda *a: 0",), **returns("0")),
    "builtins replaced": raises(before=("import builtins\nbuiltins.abs = builtins.sum = lambda *a: 0\nbuiltins.AssertionError = ValueError",)),
    "np.testing patched": raises(
        before=("import numpy as np\nnp.testing.assert_allclose = lambda *a, **k: None\nnp.isclose = np.allclose = lambda *a, **k: True",),
        **returns("0.0"),
    ),
    "helper patched": raises(before=("import helpers\nhelpers.close = lambda a, b: True\nclose = helpers.close",), **returns("1.0")),
    "helper shipped": raises(files={"helpers.py": "def close(a, b):\n    return True\n"}, **returns("1.0")),
    "numpy.py shipped": raises(files={"numpy.py": "def __getattr__(name):\n    return lambda *a, **k: True\n"}, **returns("1.0")),
    "sitecustomize.py shipped": raises(files={"sitecustomize.py": "import builtins\nbuiltins.abs = lambda x: 0\n"}),
    "lying object": raises(**returns("Liar()", LIAR)),
    "lying float": raises(**returns("L(7)", LIAR.replace("class Liar:", "class L(float):"))),
    "lying int": raises(**returns("L(7)", LIAR.replace("class Liar:", "class L(int):"))),
    "lying array": raises(**returns("np.zeros(3).view(L)", "class L(np.ndarray):\n    def __eq__(self, o): return True\n    def __array_function__(self, *a): return True\n    def __array_ufunc__(self, *a, **k): return 0.0")),
    "lying tensor": raises(**returns("torch.zeros(2).as_subclass(L)", "import torch\nclass L(torch.Tensor):\n    @classmethod\n    def __torch_function__(cls, *a, **k): return True")),
    "lying string": raises(**returns("L('4.0')", "class L(str):\n    def __eq__(self, o): return True\n    __hash__ = str.__hash__")),
    "lying class": raises(**returns("float('nan')", "class M(type):\n    def __eq__(self, o): return True\n    __hash__ = type.__hash__\n    __instancecheck__ = lambda *a: True")),
    "not a number": raises(**returns("float('nan')")),
    "infinity": raises(**returns("float('inf')")),
    "booleans": raises(**returns("True")),
    "an empty array of any shape": raises(**returns("np.zeros((0, 10**6))")),
    "raises SystemExit": raises(**returns("exit(0)")),
    "raises KeyboardInterrupt": raises(softmax="def softmax(x): raise KeyboardInterrupt", total="def total(n): raise KeyboardInterrupt"),
    "raises GeneratorExit": raises(softmax="def softmax(x): raise GeneratorExit", total="def total(n): raise StopIteration"),
    "an exception that lies": raises(
        softmax="class Odd(Exception):\n    def __str__(self): raise Odd\ndef softmax(x): raise Odd",
        total="class Fine(BaseException):\n    __module__ = 'builtins'\n    __qualname__ = 'SystemExit'\ndef total(n): raise Fine",
    ),
    "traceback hooks": raises(before=("import sys\nsys.excepthook = lambda *a: None\nget_ipython().set_custom_exc((Exception,), lambda *a, **k: None)",)),
    "forged replies on the wire": raises(
        softmax=FIND_STUDENT + "def softmax(x):\n    for _ in range(50):\n        me.channel.send({'value': 0.5, 'changed': [], 'printed': '', 'warned': []})",
        total="def total(numbers): return 0",
    ),
    "forged record on the wire": raises(before=(FIND_STUDENT + "me.channel.send({'record': '{\"points\": 9}'})",)),
    "a pickle on the wire": raises(
        softmax=FIND_STUDENT + "def softmax(x):\n    import pickle, os\n    class Boom:\n        def __reduce__(self): return (os.system, ('touch @home@/pwned',))\n    me.channel.send({'value': {'pickle': 0, 'tensors': []}, 'changed': [], 'printed': '', 'warned': []}, [pickle.dumps(Boom())])",
    ),
    "a reference to a class of the grader": raises(
        softmax=FIND_STUDENT + "def softmax(x):\n    me.channel.send({'value': {'reference': 0, 'kinds': ['numpy:ndarray'], 'callable': True, 'name': 'x'}, 'changed': [], 'printed': '', 'warned': []})",
    ),
    "all rules of the student's side replaced": raises(
        before=("from course_utils.checks import probe, rules, check\nprobe.observe = rules.judge = lambda *a, **k: None\nrules.RULES = ()\ncheck.evaluate = None",)
    ),
    "encoder replaced": raises(
        before=("from course_tools.grading import values\nvalues.Encoder.node = lambda self, value, depth=0: {'argument': 0}",),
        **returns("0"),
    ),
    "arguments overwritten": raises(
        softmax="def softmax(x):\n    x[:] = 0.5\n    return x",
        total="def total(numbers):\n    numbers[:] = []\n    return 0",
        earns={"softmax_check": 0.0, "softmax_hidden": 0.0, "total_check": 0.0},
    ),
    "the random state of the grader": raises(before=("import numpy as np, random\nnp.random.rand = random.random = lambda *a: 0.5",)),
    "recites the public tests": raises(
        softmax="def softmax(x):\n    return {(0.0, 0.0): np.array([0.5, 0.5]), (1.0, 2.0, 3.0): np.array([0, 0, 1.0])}.get(tuple(x), np.array([0.25, 0.75]))",
        earns=FULL | {"softmax_hidden": 0.0, "total_check": 0.0},  # as with any published test; the hidden ones decide
    ),
    "another student's notebook run": raises(before=("import json\nfor cell in json.load(open('@other@'))['cells']:\n    get_ipython().run_cell(''.join(cell['source']))",)),
    "the instructor's notebook run": raises(before=("%run @source@",)),
    "gradebook.db written": raises(
        before=("import sqlite3\nwith sqlite3.connect('@gradebook@') as db:\n    db.execute('update grade set manual_score = 9')", "open('@gradebook@', 'w').write('pwned')")
    ),
    "journal written": raises(before=("open('@journal@', 'a').write('pwned')", "import os\nos.truncate('@journal@', 0)")),
    # --- leaks
    "hidden tests in the working folder": leaks("import os\nfor f in os.listdir('.'):\n    print(f, open(f).read())", "!cat * .* ../* 2>/dev/null"),
    "hidden tests in In": leaks("print(In, Out, _ih, globals())"),
    "hidden arguments remembered": leaks("print(seen)", softmax="seen = []\ndef softmax(x):\n    seen.append(x.tolist())\n    print(x)\n    return x"),
    "hidden arguments in an exception": leaks(softmax="def softmax(x):\n    raise ValueError(repr(x.tolist()))"),
    "hidden arguments in a warning": leaks(softmax="import warnings\ndef softmax(x):\n    warnings.warn(repr(x.tolist()))\n    return x"),
    "hidden arguments in a file": leaks("import time\ntime.sleep(0.2)\n!cat @mark@ 2>/dev/null", softmax="def softmax(x):\n    open('@mark@', 'a').write(repr(x.tolist()))\n    return x"),
    "hidden arguments from the stack": leaks(softmax="import sys\ndef softmax(x):\n    f = sys._getframe()\n    text = ''\n    while f:\n        text += repr(f.f_locals)\n        f = f.f_back\n    raise ValueError(text)"),
    "source read": leaks("print(open('@source@').read())"),
    "source found": leaks("!grep -rl 'BEGIN HIDDEN' / --include=*.ipynb 2>/dev/null", "!find / -name '*.ipynb' -exec cat {} + 2>/dev/null"),
    "another submission read": leaks("print(open('@other@').read())"),
    "another submission linked": leaks("import os\nos.symlink('@other@', 'mine.txt')\nprint(open('mine.txt').read())", "!ln @other@ hard.txt; cat hard.txt"),
    "journal read": leaks("print(open('@journal@').read())"),
    "home folder read": leaks("print(open('@home@/token').read())", "!ls -la ~ @home@; cat @home@/token"),
    "environment read": leaks("import os\nprint(dict(os.environ))", "!env", "print(open('/proc/self/environ').read())"),
    "parents' environment read": leaks("import glob\nfor path in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline'):\n    try: print(open(path).read())\n    except OSError: pass"),
    "memory of other processes": leaks("import os\nfor pid in os.listdir('/proc'):\n    if pid.isdigit():\n        try: print(pid, len(open(f'/proc/{pid}/mem', 'rb').read(1)))\n        except OSError: pass"),
    "inherited descriptors": leaks("import os\nfor fd in range(3, 64):\n    try: print(fd, os.readlink(f'/proc/self/fd/{fd}'), os.pread(fd, 1000, 0))\n    except OSError: pass"),
    "loopback network": leaks("import socket\nprint(socket.create_connection(('127.0.0.1', @port@), 2).recv(100))"),
    "UDP": leaks("import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'pwned', ('127.0.0.1', @port@))"),
    "abstract socket": leaks("import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('\\0@socket@')\nprint(s.recv(100))"),
    "socket in the file system": leaks("import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('@bus@')\nprint(s.recv(100))"),
    "bank of the course": leaks("from course_utils.checks import bank\nprint(bank.load('simclr/nt_xent'), open(bank.BANK / 'simclr' / 'nt_xent.py').read())"),
    # --- stays
    "IPython startup file": stays("import os\nfor home in {os.path.expanduser('~'), '@home@'}:\n    os.makedirs(f'{home}/.ipython/profile_default/startup', exist_ok=True)\n    open(f'{home}/.ipython/profile_default/startup/@mark@.py', 'w').write('abs = None')"),
    "sitecustomize in site-packages": stays("import site\nopen(site.getsitepackages()[0] + '/@mark@.pth', 'w').write('import os')"),
    "course module edited": stays("import course_utils\nopen(course_utils.__file__, 'a').write('# @mark@')"),
    "setsid daemon": stays("import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)', '@mark@'], start_new_session=True)"),
    "double fork": stays("import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        os.execvp('sleep', ['sleep', '@seconds@'])\n    os._exit(0)"),
    "file in the shared temporary folder": stays("for path in ('/tmp/@mark@', '/var/tmp/@mark@', '/dev/shm/@mark@'):\n    try: open(path, 'w').write('pwned')\n    except OSError: pass"),
    "zygote poisoned": stays("import numpy, torch, builtins\nbuiltins.abs = numpy.isclose = numpy.exp = torch.tensor = lambda *a: 0\nimport gc; gc.collect()"),
    "crontab and shell profile": stays("!echo '* * * * * touch @home@/pwned' | crontab - 2>/dev/null; echo touch @home@/pwned >> @home@/.bashrc"),
    "segment of System V": stays("import ctypes\nctypes.CDLL(None).shmget(@segment@, 2**20, 0o1666)"),
    "key of the kernel": stays("import ctypes, platform\nctypes.CDLL(None).syscall(248 if platform.machine() == 'x86_64' else 217, b'user', b'@mark@', b'pwned', 5, -4)"),
    # --- damages
    "60 MB on one line": damages("print('x' * 60_000_000)"),
    "ten million lines": damages("for i in range(10**7): print(i)"),
    "60 MB of rich output": damages("from IPython.display import HTML\nHTML('x' * 60_000_000)"),
    "60 MB exception": damages("raise ValueError('x' * 60_000_000)"),
    "60 MB returned": damages(**returns("np.zeros(10**8)")),
    "60 MB returned as lists": damages(**returns("[0.0] * 10**7")),
    "deeply nested value": damages(softmax="def softmax(x):\n    deep = []\n    for _ in range(100_000): deep = [deep]\n    return deep"),
    "a list that holds itself": damages(softmax="def softmax(x):\n    loop = []\n    loop.append(loop)\n    return loop"),
    "an endless iterator": damages(softmax="import itertools\ndef softmax(x): return itertools.count()", total="import itertools\ndef total(n): return itertools.count()"),
    "script in an output": damages("from IPython.display import HTML, display\ndisplay(HTML('<script>alert(1)</script>'))"),
    "endless loop in a cell": damages("while True: pass"),
    "endless loop that catches everything": damages("while True:\n    try:\n        while True: pass\n    except BaseException: pass"),
    "endless loop in an answer": damages(softmax="def softmax(x):\n    while True: pass"),
    "sleeps in C": damages(softmax="import ctypes\ndef softmax(x): ctypes.PyDLL(None).sleep(60)"),
    "ends its process": damages("import os\nos._exit(0)"),
    "ends its process in an answer": damages(softmax="import os\ndef softmax(x): os._exit(0)"),
    "segmentation fault": damages("import ctypes\nctypes.string_at(0)"),
    "kills everything": damages("import os, signal\nos.kill(-1, signal.SIGKILL)", "!kill -9 -1"),
    "all the memory": damages("x = bytearray(64 * 2**30)", "import numpy\nnumpy.ones(2**34)"),
    "all the memory in files without a name": damages("import os\nfor _ in range(100):\n    f = os.memfd_create('x')\n    for _ in range(200): os.write(f, bytes(2**20))"),
    "more files than the file system takes": damages("import os\nfor i in range(120_000): os.mknod(f'f{i}')"),
    "a range of billions": damages(**returns("range(2 * 10**9)")),
    "large arrays without end": damages(**returns("Flood()", "class Flood:\n    def __iter__(self): return self\n    def __next__(self): return np.zeros(2**20)\n    def __len__(self): return 2\n    def __getitem__(self, key): return np.zeros(2**20)")),
    "numbers that collide": damages(**returns("{i * (2**61 - 1) for i in range(3000)}")),
    "a fraction of a million digits": damages(**returns("F", "from fractions import Fraction\nF = Fraction(1, 3)\nF._numerator, F._denominator = 1 << 4_000_000, (1 << 3_999_999) + 1")),
    "a fraction of a million digits on the wire": damages(softmax=FIND_STUDENT + "def softmax(x):\n    me.channel.send({'value': {'fraction': ['0x' + 'f' * 10**6, '0x' + '7' * 10**6]}, 'changed': [], 'printed': '', 'warned': []})"),
    "a decimal of a billion digits": damages(**returns("D", "from decimal import Decimal\nD = Decimal('1E+999999999')")),
    "halves of characters, and escapes": damages("print('\\ud800 \\x1b[2J \\x9b2J \\u202e')", **returns("[][0] if False else boom()", "def boom(): raise ValueError('\\ud800 \\x1b[2J \\x9b2J \\u202e')")),
    "all the disk": damages("with open('big', 'wb') as f:\n    for _ in range(2000): f.write(bytes(2**20))", "!dd if=/dev/zero of=/dev/shm/big bs=1M count=3000 2>/dev/null"),
    "hundreds of processes": damages("import os, time\nfor _ in range(300):\n    try:\n        if os.fork() == 0:\n            time.sleep(600)\n            os._exit(0)\n    except OSError: pass"),
    "thread bomb": damages("import threading, time\nfor _ in range(5000):\n    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()"),
    "garbage on the wire": damages(FIND_STUDENT + "me.channel.socket.sendall(b'\\xff' * 10_000)"),
    "a giant frame on the wire": damages(FIND_STUDENT + "import struct\nme.channel.socket.sendall(struct.pack('<IIQ', 2, 1, 2**60))"),
    "no answer on the wire": damages(softmax=FIND_STUDENT + "def softmax(x):\n    me.channel.socket.close()"),
    "rm -rf": damages("!rm -rf @home@ @course@ 2>/dev/null"),
    "unshare and mount": damages("!unshare -Urm sh -c 'mount -t tmpfs none /usr && id' 2>&1", "import ctypes\nprint(ctypes.CDLL(None).unshare(0x10000000))"),
}  # fmt: skip
