#!/usr/bin/env python3
"""Takes docs/history.svg, the picture in the README: runs the demo on a data
directory of its own and turns what `tracker history` then writes to a terminal
into a picture. Rich does that: https://github.com/Textualize/rich.

Usage: scripts/picture.py BINARY FILE
"""

import fcntl
import html
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios

try:
    from rich.console import Console
    from rich.terminal_theme import TerminalTheme
    from rich.text import Text
except ImportError:
    sys.exit("picture: the Python package rich is missing: apt-get install python3-rich, or pip install rich\n"
             "  make picture PYTHON=... names another Python that has it")

JOB = "demo-rewritten"  # fails, and its service changes the reason afterwards
COMMAND = ["history", JOB, "--runs", "6"]
WIDTH = 106  # columns

# On a dark ground of its own the picture is the same in light and dark pages.
THEME = TerminalTheme(
    (22, 27, 34),
    (230, 237, 243),
    # black, red, green, yellow, blue, magenta, cyan, white
    [(72, 79, 88), (255, 123, 114), (86, 211, 100), (227, 179, 65), (121, 192, 255), (210, 168, 255), (86, 212, 221), (177, 186, 196)],
)

# Rich's own format fetches a font, which a page with a strict policy refuses.
SVG = """<svg xmlns="http://www.w3.org/2000/svg" class="rich-terminal" viewBox="0 0 {width} {height}" role="img">
<title>%(title)s</title>
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace; font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-family: system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; font-size: 18px; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def on_terminal(command, environment):
    """Gives what a command writes to a terminal with colours."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, WIDTH, 0, 0))
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs, env=environment)
    os.close(theirs)
    written = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # how Linux tells that the other end is closed
            piece = b""
        if not piece:
            break
        written += piece
    os.close(ours)
    if process.wait() != 0:
        sys.exit(f"picture: {' '.join(command)} ends with {process.returncode}")
    return written.decode().replace("\r\n", "\n")


def record(binary):
    """Gives what the history looks like once the service has changed its word."""
    with tempfile.TemporaryDirectory(prefix="tracker-", dir="/tmp") as directory:
        os.chmod(directory, 0o755)  # a server that root starts is another user's
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("TRACKER_", "DATABASE_")) and k != "NO_COLOR"}
        environment.update(TRACKER_DATA_DIR=directory, TERM="xterm-256color")
        demo = subprocess.Popen([binary, "demo"], stdout=subprocess.PIPE, text=True, env=environment)
        try:
            next(line for line in demo.stdout if "watching" in line)
            log = [binary, "log", JOB, "--follow", "--level", "error"]
            with subprocess.Popen(log, stdout=subprocess.PIPE, text=True, env=environment) as follow:
                next(line for line in follow.stdout if "withdr" in line)
                follow.terminate()
            return on_terminal([binary, *COMMAND], environment)
        finally:
            demo.terminate()
            demo.communicate()


def draw(written, file):
    """Writes the picture of a text with colours."""
    console = Console(width=WIDTH, record=True, file=open(os.devnull, "w"), force_terminal=True, color_system="standard", legacy_windows=False)
    console.print(Text.from_ansi(written.rstrip("\n")), soft_wrap=True)
    shown = "tracker " + " ".join(COMMAND)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", written).split("\n")
    title = html.escape(f"{shown}: {plain[0]}; {plain[1]}", quote=False).replace("{", "").replace("}", "")
    svg = console.export_svg(title=shown, theme=THEME, code_format=SVG % {"title": title}, unique_id="history")
    with open(file, "w", encoding="utf-8") as out:
        out.write(re.sub(r"[ \t]+\n", "\n", svg))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    draw(record(os.path.abspath(sys.argv[1])), sys.argv[2])
