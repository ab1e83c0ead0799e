"""Code of LLVM as machine code in memory, for as long as somebody holds it."""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Callable
from functools import cache
from typing import Any

from ...errors import extra

PLAIN = 15  # the version of LLVM from which on pointers have no types, and it starts by itself


@cache
def llvm() -> Any:
    """Return llvmlite's interface to LLVM; ModuleNotFoundError without it."""
    with extra("native"):
        import llvmlite.binding as binding  # type: ignore[import-not-found,import-untyped,unused-ignore]
    if binding.llvm_version_info[0] < PLAIN:
        binding.initialize()
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding


@cache
def lanes() -> int:
    """Return how many floats the processor adds at once."""
    features = llvm().get_host_cpu_features()
    return 8 if features.get("avx512f") else 4 if features.get("avx") else 2


class Machine:
    """The functions of a module, compiled; with `optimize` LLVM chooses registers and order well, which takes longer.

    Its passes before that would gain a fiftieth, and each time leave 150 kB that nobody frees.
    """

    def __init__(self, text: str, *, optimize: bool) -> None:
        binding = llvm()
        context = binding.create_context()  # of its own: what is made in the common one stays there
        module = binding.parse_assembly(text, context)
        cpu, features = binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()
        # "jitdefault": code and its numbers may be more than two gigabytes apart, where memory is full of holes
        target = binding.Target.from_default_triple().create_target_machine(
            cpu=cpu, features=features, opt=2 if optimize else 0, codemodel="jitdefault", jit=True
        )
        self.engine = binding.create_mcjit_compiler(module, target)
        self.engine.finalize_object()
        self.engine.remove_module(module)
        module.close()
        self.functions: dict[str, Callable[[int], Any]] = {}
        weakref.finalize(self, close, self.engine, context)

    def function(self, name: str, result: Any = None) -> Callable[[int], Any]:
        """Return a function, which takes the address of what it is told; it lets other threads run."""
        if name not in self.functions:
            kind = ctypes.CFUNCTYPE(result, ctypes.c_void_p)
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
