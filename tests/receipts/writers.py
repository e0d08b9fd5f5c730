# SPDX-License-Identifier: LGPL-2.1-or-later
"""Three ways to put runs of text on paper: two independent PDF writers (libharu, cairo), and the words at their places
without a PDF, as `pdftotext -bbox` prints them. Each is also the pen that measures its text."""

import ctypes
import ctypes.util
import html
import io
import pathlib
import subprocess

import cairo

FONTS = ("sans", "serif", "mono", "bold")


class Harupen:
    """libharu: Type 1 fonts that are not embedded, text as cp1252."""
    name = "haru"
    FACES = {"sans": b"Helvetica", "serif": b"Times-Roman", "mono": b"Courier", "bold": b"Helvetica-Bold"}

    def __init__(self):
        found = ctypes.util.find_library("hpdf") or "libhpdf.so"
        self.lib = ctypes.CDLL(found)
        pointer, real = ctypes.c_void_p, ctypes.c_float
        for name, result, arguments in (
                ("New", pointer, [pointer, pointer]), ("GetFont", pointer, [pointer, ctypes.c_char_p, ctypes.c_char_p]),
                ("AddPage", pointer, [pointer]), ("Page_SetWidth", None, [pointer, real]),
                ("Page_SetHeight", None, [pointer, real]), ("Page_SetFontAndSize", None, [pointer, pointer, real]),
                ("Page_BeginText", None, [pointer]), ("Page_EndText", None, [pointer]),
                ("Page_TextOut", ctypes.c_ulong, [pointer, real, real, ctypes.c_char_p]),
                ("Page_TextWidth", real, [pointer, ctypes.c_char_p]), ("Free", None, [pointer]),
                ("SetCompressionMode", None, [pointer, ctypes.c_uint]),
                ("SaveToFile", ctypes.c_ulong, [pointer, ctypes.c_char_p])):
            function = getattr(self.lib, f"HPDF_{name}")
            function.restype, function.argtypes = result, arguments
            setattr(self, name, function)
        self.ruler = self.begin()
        self.measured = {}

    def begin(self):
        """A document, its fonts, and a page."""
        document = self.New(None, None)
        fonts = {font: self.GetFont(document, face, b"WinAnsiEncoding") for font, face in self.FACES.items()}
        return document, fonts, self.AddPage(document)

    def width(self, font, size, text):
        if (font, text) not in self.measured:
            _, fonts, page = self.ruler
            self.Page_SetFontAndSize(page, fonts[font], 100)
            self.measured[font, text] = self.Page_TextWidth(page, text.encode("cp1252")) / 100
        return self.measured[font, text] * size

    def write(self, document, path):
        pdf, fonts, page = self.begin()
        self.SetCompressionMode(pdf, 0x0F if document.seed % 2 else 0)
        for number, runs in enumerate(document.pages):
            if number > 0:
                page = self.AddPage(pdf)
            self.Page_SetWidth(page, document.width)
            self.Page_SetHeight(page, document.height)
            for run in runs:
                self.Page_SetFontAndSize(page, fonts[run.font], run.size)
                self.Page_BeginText(page)
                self.Page_TextOut(page, run.x, document.height - run.y, run.text.encode("cp1252"))
                self.Page_EndText(page)
        assert self.SaveToFile(pdf, str(path).encode()) == 0
        self.Free(pdf)


class Cairopen:
    """cairo: TrueType fonts, embedded as subsets with their own encoding."""
    name = "cairo"
    FACES = {"sans": ("DejaVu Sans", False), "serif": ("DejaVu Serif", False), "mono": ("DejaVu Sans Mono", False),
             "bold": ("DejaVu Sans", True)}

    def __init__(self):
        self.ruler = cairo.Context(cairo.PDFSurface(io.BytesIO(), 100, 100))
        self.measured = {}

    def select(self, context, font, size):
        face, bold = self.FACES[font]
        context.select_font_face(face, cairo.FONT_SLANT_NORMAL, cairo.FONT_WEIGHT_BOLD if bold else cairo.FONT_WEIGHT_NORMAL)
        context.set_font_size(size)

    def width(self, font, size, text):
        if (font, text) not in self.measured:
            self.select(self.ruler, font, 100)
            self.measured[font, text] = self.ruler.text_extents(text).x_advance / 100
        return self.measured[font, text] * size

    def write(self, document, path):
        surface = cairo.PDFSurface(str(path), document.width, document.height)
        context = cairo.Context(surface)
        for runs in document.pages:
            for run in runs:
                self.select(context, run.font, run.size)
                context.move_to(run.x, run.y)
                context.show_text(run.text)
            context.show_page()
        surface.finish()


def words_of(pen, document):
    """What `pdftotext -bbox` would print of the runs."""
    out = ["<doc>"]
    for runs in document.pages:
        out.append(f'  <page width="{document.width:.6f}" height="{document.height:.6f}">')
        for run in runs:
            at = 0
            for word in run.text.split(" "):
                if word:
                    left = run.x + pen.width(run.font, run.size, run.text[:at])
                    right = left + pen.width(run.font, run.size, word)
                    out.append(f'    <word xMin="{left:.6f}" yMin="{run.y - 0.8 * run.size:.6f}" xMax="{right:.6f}" '
                               f'yMax="{run.y + 0.2 * run.size:.6f}">{html.escape(word, quote=False)}</word>')
                at += len(word) + 1
        out.append("  </page>")
    out.append("</doc>")
    return "\n".join(out).encode()


def words_in(paths):
    """What pdftotext finds in each of the PDFs, two of them at a time; b"" where it cannot read one."""
    waiting, running, found = list(paths), [], {}
    while waiting or running:
        while waiting and len(running) < 2:
            path = pathlib.Path(waiting.pop(0))
            running.append((path, subprocess.Popen(["pdftotext", "-bbox", "-enc", "UTF-8", "-q", path, "-"],
                                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)))
        path, process = running.pop(0)
        words = process.communicate()[0]
        found[path] = words if process.returncode == 0 else b""
    return found


class Reader:
    """The daemon's parsers, for many documents."""

    def __init__(self, program):
        self.program = program

    def read(self, documents):
        """[(kind, words, sent)] to [what was read], in order."""
        import json
        asked = b"".join(b"%s %d %d\n" % (kind.encode(), len(words), len(sent)) + words + sent
                         for kind, words, sent in documents)
        done = subprocess.run([self.program], input=asked, stdout=subprocess.PIPE, check=True)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(answers) == len(documents), "the reader stopped before the end"
        return answers
