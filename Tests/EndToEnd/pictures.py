"""Draws a screen as tmux captures it, and reads the QR code in it as a phone's camera would."""

import io
import re
import subprocess

from PIL import Image

CELL = 8
DARK = ((204, 204, 204), (0, 0, 0))
LIGHT = ((30, 30, 30), (255, 255, 255))

_NORMAL = [
    (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229),
]  # fmt: skip
_BRIGHT = [
    (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255),
    (255, 255, 255),
]  # fmt: skip

# Which of the upper and the lower half of a cell has the foreground colour.
_HALVES = {"█": (True, True), "▀": (True, False), "▄": (False, True)}
_PIECES = re.compile(r"\x1b\[([0-9;:]*)m|(.)", re.DOTALL)


def _indexed(number):
    """One of xterm's 256 colours."""
    if number < 16:
        return (_NORMAL + _BRIGHT)[number]
    if number < 232:
        number -= 16
        return tuple((0, 95, 135, 175, 215, 255)[part] for part in (number // 36, number // 6 % 6, number % 6))
    return (8 + (number - 232) * 10,) * 3


class _Pen:
    """Colours as SGR sequences set them (ECMA-48, 8.3.117)."""

    def __init__(self, default):
        self._default = default
        self._reset()

    def _reset(self):
        self._colours = list(self._default)
        self._is_reversed = False

    @property
    def colours(self):
        return self._colours[::-1] if self._is_reversed else self._colours

    def select(self, parameters):
        numbers = [int(number or 0) for number in re.split("[;:]", parameters)]
        while numbers:
            number = numbers.pop(0)
            if number == 0:
                self._reset()
            elif number in (7, 27):
                self._is_reversed = number == 7
            elif number in (38, 48):
                self._colours[number == 48] = self._extended(numbers)
            elif number in (39, 49):
                self._colours[number == 49] = self._default[number == 49]
            elif number // 10 in (3, 4):
                self._colours[number // 10 == 4] = _NORMAL[number % 10]
            elif number // 10 in (9, 10):
                self._colours[number // 10 == 10] = _BRIGHT[number % 10]

    @staticmethod
    def _extended(numbers):
        if numbers.pop(0) == 5:
            return _indexed(numbers.pop(0))
        colour = tuple(numbers[:3])
        del numbers[:3]
        return colour


def _cells(line, pen):
    """The upper and lower colour of each cell of a line. The pen goes on from line to line."""
    for sgr, character in _PIECES.findall(line):
        if not character:
            pen.select(sgr)
            continue
        foreground, background = pen.colours
        # A letter is mostly ink for a camera that looks for squares.
        halves = _HALVES.get(character, (not character.isspace(),) * 2)
        yield tuple(foreground if half else background for half in halves)


def draw(screen, theme):
    """A PNG of a screen; each cell is two squares, one above the other."""
    pen = _Pen(theme)
    rows = [list(_cells(line, pen)) for line in screen.split("\n")]
    image = Image.new("RGB", (CELL * max(map(len, rows)), 2 * CELL * len(rows)), theme[1])
    for y, row in enumerate(rows):
        for x, halves in enumerate(row):
            for lower, colour in enumerate(halves):
                top = (2 * y + lower) * CELL
                image.paste(colour, (x * CELL, top, (x + 1) * CELL, top + CELL))
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def read_codes(png):
    """The texts of the QR codes in a picture. A code of light on dark, which many apps cannot read, is not found."""
    words = ["zbarimg", "--nodbus", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", "-"]
    done = subprocess.run(words, input=png, capture_output=True, timeout=60)
    return done.stdout.decode().splitlines()
