"""Code of LLVM as machine code in memory, for as long as somebody holds it."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import weakref
from collections.abc import Callable
from typing import Any

from ...errors import extra
from . import cache

LONG = 200_000  # characters of code that takes longer to compile than to be read from the disk
PLAIN = 15  # the version of LLVM from which on pointers have no types, and it starts by itself


@functools.cache
def llvm() -> Any:
    """Return llvmlite's interface to LLVM; ModuleNotFoundError without it."""
    with extra("native"):
        import llvmlite.binding as binding  # type: ignore[import-not-found,import-untyped,unused-ignore]
    if binding.llvm_version_info[0] < PLAIN:
        binding.initialize()
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding


@functools.cache
def lanes() -> int:
    """Return how many floats the processor adds at once."""
    features = llvm().get_host_cpu_features()
    return 8 if features.get("avx512f") else 4 if features.get("avx") else 2


class Machine:
    """The functions of a module, compiled; with `optimize` LLVM chooses registers and order well, which takes longer.

    Its passes before that would gain a fiftieth, and each time leave 150 kB that nobody frees. What took long to
    compile is kept on the disk.
    """

    def __init__(self, text: str, *, optimize: bool) -> None:
        binding = llvm()
        cpu, features = binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()
        # "jitdefault": code and its numbers may be more than two gigabytes apart, where memory is full of holes
        target = binding.Target.from_default_triple().create_target_machine(
            cpu=cpu, features=features, opt=2 if optimize else 0, codemodel="jitdefault", jit=True
        )
        about = f"{binding.llvm_version_info} {target.triple} {cpu} {features} {optimize}\n{text}"
        name = hashlib.sha256(about.encode()).hexdigest()
        worth = len(text) > LONG
        data = cache.load(name) if worth else None
        context = binding.create_context()  # of its own: what is made in the common one stays there
        if data is None:
            module = binding.parse_assembly(text, context)
            data = target.emit_object(module)
            module.close()
            if worth:
                cache.keep(name, data)
        empty = binding.parse_assembly("", context)
        self.engine = binding.create_mcjit_compiler(empty, target)
        self.engine.add_object_file(binding.ObjectFileRef.from_data(data))
        self.engine.finalize_object()
        self.engine.remove_module(empty)
        empty.close()
        self.functions: dict[str, Callable[..., Any]] = {}
        weakref.finalize(self, close, self.engine, context)

    def function(self, name: str, result: Any = None, *more: Any) -> Callable[..., Any]:
        """Return a function, which takes the address of what it is told, and `more`; it lets other threads run."""
        if name not in self.functions:
            kind = ctypes.CFUNCTYPE(result, ctypes.c_void_p, *more)
            self.functions[name] = kind(self.engine.get_function_address(name))
        return self.functions[name]


def close(engine: Any, context: Any) -> None:
    """Free the code, and then what it was made in."""
    engine.close()
    context.close()


def dialect() -> dict[str, bool]:
    """Return what `CodeWriter` has to know: whether pointers have types, and the processor a fused multiply-add."""
    features = llvm().get_host_cpu_features()
    fused = features.get("fma") or llvm().get_default_triple().startswith(("aarch64", "arm64"))
    return {"typed": llvm().llvm_version_info[0] < PLAIN, "fused": bool(fused)}
