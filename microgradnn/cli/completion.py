"""What a shell has to know to complete a command, its options and their choices, read from the parser itself."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

SHELLS = ("bash", "zsh", "fish")
BASH = """\
_microgradnn() {{
  local words= at=${{COMP_WORDS[COMP_CWORD]}}
  case "${{COMP_WORDS[1]}} ${{COMP_WORDS[COMP_CWORD-1]}}" in
{choices}
    *) case "${{COMP_WORDS[1]}}" in
{options}
    esac ;;
  esac
  [ "$COMP_CWORD" = 1 ] && words="{commands}"
  COMPREPLY=($(compgen -W "$words" -- "$at"))
}}
complete -o default -F _microgradnn microgradnn
"""


def write_completion(commands: Mapping[str, argparse.ArgumentParser], shell: str) -> str:
    """Return the script that tells a shell, one of SHELLS, of commands by their names; files are completed as ever."""
    known = {
        name: [(action.option_strings, action.choices, action.help or "") for action in command._actions]
        for name, command in commands.items()
    }
    if shell == "fish":
        lines = ["complete -c microgradnn -n __fish_use_subcommand -f -a " + quote(" ".join(known))]
        for name, actions in known.items():
            for options, choices, about in actions:
                line = [f"complete -c microgradnn -n '__fish_seen_subcommand_from {name}'"]
                line += [f"-l {o[2:]}" if o.startswith("--") else f"-s {o[1:]}" for o in options]
                line += [f"-x -a {quote(' '.join(map(str, choices)))}"] if choices else []
                if len(line) > 1:
                    lines.append(" ".join([*line, "-d", quote(about.split("\n")[0])]))
        return "\n".join(lines) + "\n"
    chosen = [
        f"    {'|'.join(f'{chr(34)}{name} {before}{chr(34)}' for before in options or [name])}) "
        f'words="{" ".join(map(str, choices))}" ;;'
        for name, actions in known.items()
        for options, choices, _ in actions
        if choices
    ]
    offered = [
        f'      {name}) words="{" ".join(option for options, *_ in actions for option in options)}" ;;'
        for name, actions in known.items()
    ]
    script = BASH.format(choices="\n".join(chosen), options="\n".join(offered), commands=" ".join(known))
    return f"autoload -U +X bashcompinit && bashcompinit\n{script}" if shell == "zsh" else script


def quote(text: str) -> str:
    """Return a word for fish."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
