"""What is wrong with a description, and what of it C cannot say. Used by every module; prints nothing by itself."""


def one_line(text):
    """What is shown of a text from a description: nothing in it ends the line or drives a terminal."""
    return ''.join(char if char.isprintable() else char.encode('unicode_escape').decode() for char in text)


class DescriptionError(Exception):
    """Ends the run: shown as `file:line: #/json/pointer: message`."""

    def __init__(self, where, message):
        super().__init__(one_line(f'{where}: {message}' if where else message))


class Notices:
    """Lines for standard error about what was left out; each is said once, in the order of discovery."""

    def __init__(self):
        self.lines = []

    def add(self, where, message):
        line = one_line(f'{where}: notice: {message}')
        if line not in self.lines:
            self.lines.append(line)
