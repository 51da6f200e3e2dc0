"""The service as C sees it: structs, members, operations. Made by types.py and operations.py, read by the writers."""

from dataclasses import dataclass, field

SCALAR_SIZE = {'STRING': 8, 'INT': 16, 'NUMBER': 16, 'BOOL': 16, 'JSON': 16, 'OBJECT': 8, 'UPLOAD': 8, 'FLOAT': 8}
ONE_TYPE = {'STRING': 'const char *', 'INT': 'kz_opt_int ', 'NUMBER': 'kz_opt_number ', 'BOOL': 'kz_opt_bool ', 'JSON': 'kz_json ',
            'UPLOAD': 'const kz_upload *'}
LIST_TYPE = {'STRING': 'const char *const *', 'INT': 'const int64_t *', 'NUMBER': 'const double *', 'BOOL': 'const bool *',
             'JSON': 'const kz_json *', 'UPLOAD': 'const kz_upload *', 'FLOAT': 'const float *'}
MAP_TYPE = {'STRING': 'const kz_string_entry *', 'JSON': 'const kz_json_entry *'}


@dataclass
class Check:
    """kz_check: only what is set is written."""
    flags: list = field(default_factory=list)
    minimum: float = None
    maximum: float = None
    min_length: int = 0
    max_length: int = 0
    min_items: int = 0
    max_items: int = 0
    pattern: str = None
    format: str = None
    values: tuple = ()

    def empty(self):
        return not (self.flags or self.min_length or self.min_items or self.pattern or self.format or self.values)


@dataclass
class Enum:
    """Named constants for the values of a string."""
    base: str
    values: list
    summary: str = None
    constants: list = None  # (macro, value)


@dataclass
class Field:
    name: str
    c_name: str
    type: str
    container: str = 'ONE'
    place: str = 'BODY'
    flags: list = field(default_factory=list)
    struct: 'Struct' = None
    check: Check = None
    fallback: str = None
    sent: str = None        # what travels where the program gives nothing
    summary: str = None
    doc: str = None
    aliases: list = field(default_factory=list)
    enum: Enum = None
    since: int = 0

    def size(self):
        return SCALAR_SIZE[self.type] if self.container == 'ONE' else 16

    def has(self, flag):
        return flag in self.flags

    def declaration(self, request):
        """The C declaration of the member, without its count."""
        if self.container == 'MAP':
            return f'{MAP_TYPE[self.type]}{self.c_name};'
        if self.type == 'OBJECT':
            if self.container == 'ONE' or request:
                return f'const {self.struct.name} *{self.c_name};'
            return f'const {self.struct.name} *const *{self.c_name};'
        return f'{(ONE_TYPE if self.container == "ONE" else LIST_TYPE)[self.type]}{self.c_name};'


@dataclass(eq=False)
class Struct:
    """One C struct and the JSON it stands for."""
    key: str                # which schema it was made of
    base: str               # its name without kz_ and without _input
    request: bool
    title: str
    shape: str = 'OBJECT'
    fields: list = field(default_factory=list)
    summary: str = None
    doc: str = None
    sealed: bool = False
    tag: str = None
    params: bool = False    # the arguments of an operation
    fixed: bool = False     # named by x-kz-name
    name: str = None

    def size(self):
        return (24 if self.request else 0) + sum(each.size() for each in self.fields)

    def table(self):
        return f'kzt_{self.name}'


@dataclass(eq=False)
class CoreStruct:
    """A result type that the core brings."""
    name: str
    symbol: str

    def table(self):
        return self.symbol


CORE_STRUCTS = {kind: CoreStruct(f'kz_{kind}', f'kz_schema_{kind}') for kind in (
    'string_value', 'int_value', 'number_value', 'bool_value', 'json_value', 'string_list', 'bytes')}


@dataclass(eq=False)
class Operation:
    name: str               # "auto_selector.select"
    c_name: str             # "auto_selector_select"
    function: str = None
    aliases: list = field(default_factory=list)
    method: str = None
    path: str = None
    params: Struct = None
    result: object = None   # Struct, CoreStruct or None
    answer: str = 'NOTHING'
    body: str = 'NONE'
    body_name: str = None
    base_setting: str = None
    content_type: str = None
    stream: str = None      # the member that tells this operation from its sibling which answers otherwise
    text: str = None        # the member of the result that takes an answer which is plain text
    area: str = None
    flags: list = field(default_factory=list)
    flow: str = None
    paging: dict = None
    summary: str = None
    description: str = None
    statuses: list = field(default_factory=list)

    def streams(self):
        return self.answer in ('EVENTS', 'LINES', 'CHUNKS')


@dataclass(eq=False)
class Service:
    name: str               # "models"
    c_name: str
    title: str
    summary: str
    version: str
    source: str
    handle: str = None      # "kz_models"
    state: tuple = None
    locate: tuple = None    # function, the argument that it goes by
    functions: str = None   # a constant of the plugin: its functions for programs
    areas: list = field(default_factory=list)   # each has a header of its own
    schemas: bool = False   # documents to read and write, and no service
    structs: list = field(default_factory=list)
    enums: list = field(default_factory=list)
    operations: list = field(default_factory=list)
    layout: int = 0

    def operations_before(self, op):
        """The params structs of the operations before this one: siblings share theirs."""
        return [each.params for each in self.operations[:self.operations.index(op)]]
