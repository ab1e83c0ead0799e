"""A tape as straight-line code for LLVM, cut into functions that share the memory of values and gradients.

Within a function numbers stay in registers; what another function reads is written to memory. So no function is
long, and the time that LLVM takes grows as the graph does. A number may be a vector: as many examples at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from .cases import literal, lower, number_type
from .elementary import FUNCTIONS, vector_function
from .tape import Tape

OPERATIONS = 512  # of one function; of a list each operand counts
# What the functions that are called from outside are told, as whole numbers, in this order
POINT = ("v", "d", "results", "slots", "n")
BATCH = (*POINT, "data", "many", "n_many", "own", "inner", "n_own", "values", "stride", "first", "last", "both")
PLACES = {"v": "N", "d": "N", "results": "N", "slots": "i64", "many": "i64", "inner": "i64"} | dict.fromkeys(
    ("data", "own", "values"), "double"
)
Operation = tuple[int, int, list[int]]


class CodeWriter:
    """Writes a tape as a module for so many lanes; without guards, a NaN among the gradients may be 0 · ∞.

    In LLVM's old times pointers were `typed`; where multiplication and addition are not `fused` in one instruction,
    there are no functions for vectors.
    """

    def __init__(self, tape: Tape, lanes: int, *, guarded: bool, typed: bool, fused: bool) -> None:
        self.tape, self.lanes, self.guarded, self.typed, self.fused = tape, lanes, guarded, typed, fused
        self.type = number_type(lanes)
        first, inputs = len(tape.start) - len(tape.code), len(tape.inputs)
        self.constants = {i: literal(x, lanes) for i, x in enumerate(tape.start[inputs:first].tolist(), inputs)}
        self.wrt = tape.wrt.tolist()
        self.wanted = bytearray(len(tape.start))
        self.pieces = self.cut(tape.operations())
        self.read = {tape.output}  # slots that are read from memory
        self.calls: set[tuple[str, int]] = set()

    def cut(self, operations: Sequence[Operation]) -> list[list[Operation]]:
        """Return the operations that something needs, in pieces; mark from which gradients are wanted."""
        needed = bytearray(len(self.wanted))
        needed[self.tape.output] = 1
        for slot in self.wrt:
            needed[slot] = self.wanted[slot] = 1
        for _, slot, operands in operations:
            if any(self.wanted[x] for x in operands):
                self.wanted[slot] = 1
        for _, slot, operands in reversed(operations):
            if needed[slot]:
                for x in operands:
                    needed[x] = 1
        pieces: list[list[Operation]] = []
        room = 0
        for one in operations:
            if needed[one[1]]:
                if room <= 0:
                    pieces.append([])
                    room = OPERATIONS
                pieces[-1].append(one)
                room -= max(1, len(one[2]) - 2)
        return pieces

    def write(self) -> str:
        """Return the module: `value` and `both` of one point, or of vectors `batch`."""
        given = {self.tape.output}  # slots whose gradient is in memory
        backward = [self.backward(i, given) for i in reversed(range(len(self.pieces)))]
        forward = [self.forward(i) for i in reversed(range(len(self.pieces)))]  # what later ones read is known then
        return "\n".join([*self.library(), *forward, *backward, *(self.point() if self.lanes == 1 else self.batch())])

    # --- pieces -----------------------------------------------------------------------------

    def pointer(self, kind: str) -> str:
        """Return the type of a place in memory."""
        return f"{self.type if kind == 'N' else kind}*" if self.typed else "ptr"

    def function(self, name: str, lines: Sequence[str]) -> str:
        """Return a function of the memory of values and gradients."""
        p = self.pointer("N")
        return "\n".join([f"define internal void @{name}({p} %v, {p} %d) noinline {{", *lines, "ret void", "}"])

    def load(self, memory: str, slot: int, lines: list[str]) -> str:
        """Write how a number is read, and return its name."""
        name = f"%{memory}{slot}"
        lines.append(self.place(memory, slot, f"{name}.from"))
        lines.append(f"{name} = load {self.type}, {self.pointer('N')} {name}.from, align 8")
        return name

    def store(self, memory: str, slot: int, x: str, lines: list[str]) -> None:
        """Write how a number is kept."""
        name = f"%{memory}{slot}.to"
        lines.append(self.place(memory, slot, name))
        lines.append(f"store {self.type} {x}, {self.pointer('N')} {name}, align 8")

    def place(self, memory: str, slot: int, name: str) -> str:
        """Write how a place is found."""
        return f"{name} = getelementptr {self.type}, {self.pointer('N')} %{memory}, i64 {slot}"

    def value(self, slot: int, known: dict[int, str], lines: list[str]) -> str:
        """Return the name of a value, which is read if it is not known here."""
        name = known.get(slot) or self.constants.get(slot)
        if name is None:
            name = known[slot] = self.load("v", slot, lines)
            self.read.add(slot)
        return name

    def forward(self, i: int) -> str:
        """Return the function of the values of a piece."""
        lines: list[str] = []
        known: dict[int, str] = {}
        for number, slot, operands in self.pieces[i]:
            case = lower(number, len(operands), self.lanes)
            names = [self.value(x, known, lines) for x in operands]
            lines.append(case.text.format(*names, u=f"f{slot}"))
            known[slot] = case.results[0][1].format(*names, u=f"f{slot}")
            self.calls |= case.calls
            if slot in self.read:
                self.store("v", slot, known[slot], lines)
        return self.function(f"forward{i}", lines)

    def backward(self, i: int, given: set[int]) -> str:
        """Return the function that hands on the gradients of a piece; those in memory are `given`, and then more."""
        lines: list[str] = []
        values: dict[int, str] = {}
        gradients: dict[int, str] = {}
        for number, slot, operands in reversed(self.pieces[i]):
            shares = tuple([k for k, x in enumerate(operands) if self.wanted[x]])
            g = gradients.get(slot) or (self.load("d", slot, lines) if slot in given else None)
            if g is None or not shares:
                continue
            gradients[slot] = g
            case = lower(number, len(operands), self.lanes, shares, self.guarded)
            self.calls |= case.calls
            names = [self.value(x, values, lines) if k in case.reads else "" for k, x in enumerate((*operands, slot))]
            lines.append(case.text.format(*names, g, u=f"b{slot}"))
            for count, (k, share) in enumerate(case.results):
                x, name = operands[k], share.format(*names, g, u=f"b{slot}")
                old = gradients.get(x) or (self.load("d", x, lines) if x in given else None)
                if old is not None:
                    lines.append(f"%a{slot}.{count} = fadd {self.type} {old}, {name}")
                    name = f"%a{slot}.{count}"
                gradients[x] = name
        own = {slot for _, slot, _ in self.pieces[i]}.difference(self.wrt)
        for slot, name in gradients.items():
            if slot not in own:
                self.store("d", slot, name, lines)
                given.add(slot)
        return self.function(f"backward{i}", lines)

    def library(self) -> list[str]:
        """Return the functions that are called: C's, those for each lane, and those that there are for vectors."""
        found: dict[str, list[str]] = {}
        for name, n in sorted(self.calls):
            bare, xs = name.removeprefix("@each."), [f"%x{k}" for k in range(n)]
            if bare == name:
                found[name] = [self.declaration(name, n, self.type)]
                continue
            body = []
            if self.fused and bare in FUNCTIONS:
                case = vector_function(bare, self.lanes)
                found |= {one: [self.declaration(one, k, self.type)] for one, k in case.calls}
                body, result = [case.text.format(*xs, u="y")], case.results[0][1].format(*xs, u="y")
            else:
                found[bare] = [self.declaration(f"@{bare}", n, "double")]
                result = "undef"
                for lane in range(self.lanes):
                    body += [f"{x}.{lane} = extractelement {self.type} {x}, i32 {lane}" for x in xs]
                    given = ", ".join(f"double {x}.{lane}" for x in xs)
                    body.append(f"%y.{lane} = call double @{bare}({given})")
                    body.append(f"%r.{lane} = insertelement {self.type} {result}, double %y.{lane}, i32 {lane}")
                    result = f"%r.{lane}"
            head = f"define internal {self.type} {name}({', '.join(f'{self.type} {x}' for x in xs)}) noinline {{"
            found[name] = [head, *body, f"ret {self.type} {result}", "}"]
        return [line for lines in found.values() for line in lines]

    def declaration(self, name: str, n: int, kind: str) -> str:
        """Declare a function of n numbers, or vectors."""
        return f"declare {kind} {name}({', '.join([kind] * n)}) nobuiltin"

    # --- what is called from outside --------------------------------------------------------

    def told(self, names: Sequence[str]) -> list[str]:
        """Write how what is told is read."""
        lines, p = [], self.pointer("i64")
        for i, name in enumerate(names):
            whole = f"%{name}.told" if name in PLACES else f"%{name}"
            lines.append(f"{whole}.at = getelementptr i64, {p} %told, i64 {i}")
            lines.append(f"{whole} = load i64, {p} {whole}.at")
            if name in PLACES:
                lines.append(f"%{name} = inttoptr i64 {whole} to {self.pointer(PLACES[name])}")
        return lines

    def sweep(self, name: str) -> list[str]:
        """Write the calls of the pieces, forward or backward."""
        order = range(len(self.pieces)) if name == "forward" else reversed(range(len(self.pieces)))
        p = self.pointer("N")
        lines = [f"call void @{name}{i}({p} %v, {p} %d)" for i in order]
        if name == "backward":
            start: list[str] = []
            self.store("d", self.tape.output, literal(1.0, self.lanes), start)
            return [*start, *lines]
        return lines

    def at(self, name: str, array: str, index: str, kind: str = "N") -> list[str]:
        """Write how an element of an array is read; its place is NAME.at."""
        t, p = (self.type if kind == "N" else kind), self.pointer(kind)
        return [
            f"{name}.at = getelementptr {t}, {p} {array}, i64 {index}",
            f"{name} = load {t}, {p} {name}.at, align 8",
        ]

    def point(self) -> list[str]:
        """Return `value`, and `both`, which writes the gradients to `results` and their sum, NaN if one is, after them.

        To each 0 is added, as a sweep adds to what a leaf has, so that none is −0. `step` calls `both`, and takes from
        each input its gradient times a rate, unless their sum is NaN.
        """
        add = [
            *self.at("%slot", "%slots", "%k.k", "i64"),
            *self.at("%x", "%d", "%slot"),
            "%y = fadd double %x, 0.0",
            f"%to = getelementptr double, {self.pointer('N')} %results, i64 %k.k",
            f"store double %y, {self.pointer('N')} %to",
            *self.at("%total", "%results", "%n"),
            "%more = fadd double %total, %y",
            f"store double %more, {self.pointer('N')} %total.at",
        ]
        take = [
            *self.at("%slot", "%slots", "%k.k", "i64"),
            *self.at("%g", "%results", "%k.k"),
            *self.at("%x", "%v", "%slot"),
            "%part = fmul double %rate, %g",
            "%y = fsub double %x, %part",
            f"store double %y, {self.pointer('N')} %x.at",
        ]
        argument = f"{self.pointer('i64')} %told"
        return [
            f"define void @value({argument}) {{",
            *self.told(POINT[:2]),
            *self.sweep("forward"),
            "ret void",
            "}",
            f"define double @both({argument}) {{",
            *self.told(POINT),
            *self.sweep("forward"),
            *self.sweep("backward"),
            f"%zero = getelementptr double, {self.pointer('N')} %results, i64 %n",
            f"store double 0.0, {self.pointer('N')} %zero",
            *loop("k", "0", "%n", add),
            *self.at("%out", "%v", str(self.tape.output)),
            "ret double %out",
            "}",
            f"define double @step({argument}, double %rate) {{",
            f"%out = call double @both({argument})",
            *self.told(POINT),
            *self.at("%sum", "%results", "%n"),
            "%lost = fcmp uno double %sum, %sum",
            "br i1 %lost, label %end, label %take",
            "take:",
            *loop("k", "take", "%n", take),
            "br label %end",
            "end:",
            "ret double %out",
            "}",
        ]

    def batch(self) -> list[str]:
        """Return `batch`: a loop over blocks of an example for each lane; those after the last do not count."""
        t, n, p, one = self.type, self.lanes, self.pointer("N"), self.pointer("double")
        lanes = f"<{n} x i64>"
        vector = f"{t}*" if self.typed else "ptr"

        def move(name: str, array: str, row: str) -> list[str]:
            """Write how the place of a block in a row of an array is found."""
            return [
                f"%{name}.row = mul i64 {row}, %stride",
                f"%{name}.n = add i64 %{name}.row, %at",
                f"%{name}.one = getelementptr double, {one} {array}, i64 %{name}.n",
                f"%{name} = bitcast {one} %{name}.one to {vector}",
            ]

        read = [
            *move("x", "%data", "%i.k"),
            *self.at("%i.slot", "%many", "%i.k", "i64"),
            f"%i.x = load {t}, {p} %x, align 8",
            f"%i.to = getelementptr {t}, {p} %v, i64 %i.slot",
            f"store {t} %i.x, {p} %i.to, align 8",
        ]
        write = [
            *move("y", "%own", "%o.k"),
            *self.at("%o.slot", "%inner", "%o.k", "i64"),
            *self.at("%o.x", "%d", "%o.slot"),
            f"%o.y = fadd {t} %o.x, {literal(0.0, n)}",
            f"store {t} %o.y, {p} %y, align 8",
        ]
        add = [
            *self.at("%s.slot", "%slots", "%s.k", "i64"),
            *self.at("%s.x", "%d", "%s.slot"),
            f"%s.y = select <{n} x i1> %mask, {t} %s.x, {t} {literal(0.0, n)}",
            *self.at("%s.old", "%results", "%s.k"),
            f"%s.new = fadd {t} %s.old, %s.y",
            f"store {t} %s.new, {p} %s.old.at, align 8",
        ]
        return [
            f"define void @batch({self.pointer('i64')} %told) {{",
            *self.told(BATCH),
            "%more = icmp ne i64 %both, 0",
            f"%end.0 = insertelement {lanes} undef, i64 %last, i32 0",
            f"%ends = shufflevector {lanes} %end.0, {lanes} undef, <{n} x i32> zeroinitializer",
            "br label %block",
            "block:",
            "%at = phi i64 [%first, %0], [%at.next, %done]",
            "%go = icmp slt i64 %at, %last",
            "br i1 %go, label %begin, label %end",
            "begin:",
            *loop("i", "begin", "%n_many", read),
            *self.sweep("forward"),
            *self.at("%f", "%v", str(self.tape.output)),
            *move("z", "%values", "0"),
            f"store {t} %f, {p} %z, align 8",
            "br i1 %more, label %back, label %done",
            "back:",
            *self.sweep("backward"),
            *loop("o", "back", "%n_own", write),
            f"%at.0 = insertelement {lanes} undef, i64 %at, i32 0",
            f"%ats = shufflevector {lanes} %at.0, {lanes} undef, <{n} x i32> zeroinitializer",
            f"%here = add {lanes} %ats, <{', '.join(f'i64 {k}' for k in range(n))}>",
            f"%mask = icmp slt {lanes} %here, %ends",
            *loop("s", "o.end", "%n", add),
            "br label %done",
            "done:",
            f"%at.next = add i64 %at, {n}",
            "br label %block",
            "end:",
            "ret void",
            "}",
        ]


def loop(name: str, before: str, count: str, body: Sequence[str]) -> list[str]:
    """Write a loop, whose counter is %NAME.k, after the block `before`."""
    return [
        f"br label %{name}",
        f"{name}:",
        f"%{name}.k = phi i64 [0, %{before}], [%{name}.next, %{name}.each]",
        f"%{name}.more = icmp slt i64 %{name}.k, {count}",
        f"br i1 %{name}.more, label %{name}.each, label %{name}.end",
        f"{name}.each:",
        *body,
        f"%{name}.next = add i64 %{name}.k, 1",
        f"br label %{name}",
        f"{name}.end:",
    ]
