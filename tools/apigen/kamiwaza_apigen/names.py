"""C names: how names of a description become identifiers that are legal in C11 and C++17, clash with nothing of the core,
and are the same in each run. Used by types.py and operations.py."""

import re

# Words of C11 and C++17 (alternative tokens too), and names that common headers define as object-like macros.
WORDS = frozenset('''
alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t char8_t class co_await co_return
co_yield compl complex concept const const_cast consteval constexpr constinit continue decltype default delete do double
dynamic_cast else enum explicit export extern false final float for friend goto if imaginary inline int long mutable namespace
new noexcept noreturn not not_eq nullptr operator or or_eq override private protected public register reinterpret_cast
requires restrict return short signed sizeof static static_assert static_cast struct switch template this thread_local throw
true try typedef typeid typename typeof union unsigned using virtual void volatile wchar_t while xor xor_eq
errno stdin stdout stderr linux unix i386 NULL EOF NAN INFINITY I st_atime st_mtime st_ctime sa_handler sa_sigaction si_value
h_addr s6_addr offsetof assert'''.split())

# Identifiers of the core's headers; a test compares this list with the headers.
CORE = frozenset('''
kz_answer kz_answer_kind kz_body kz_bool_value kz_bytes kz_call kz_call_all kz_call_bool kz_call_by_name kz_call_item
kz_call_options kz_call_stream kz_cancel kz_cancel_free kz_cancel_is_set kz_cancel_new kz_cancel_now kz_check kz_client
kz_config kz_container kz_error kz_error_code kz_field kz_flow_fn kz_free kz_int_value kz_interface kz_json kz_json_entry
kz_json_value kz_keep kz_number_value kz_op_ref kz_operation kz_opt_bool kz_opt_int kz_opt_number kz_paging kz_place
kz_plugin kz_plugin_descriptor kz_plugin_info kz_plugin_kind kz_plugin_list kz_progress kz_progress_fn kz_result kz_schema
kz_service kz_service_vtable kz_shape kz_stream kz_stream_source kz_string_entry kz_string_list kz_string_value
kz_struct_size kz_transfer kz_type kz_upload kz_version kz_wait kz_with_options kz_log kz_log_fn kz_log_level kz_log_field
kz_global_init kz_null_string kz_setting kz_settings kz_string_length kz_submit kz_submit_stream kz_done_fn kz_item_fn
kz_flow_control kz_loop kz_pending kz_step kz_locate kz_locate_found kz_params_copy
kz_credential kz_provider kz_sign_in kz_sign_in_way kz_sign_in_notice kz_store_vtable kz_wipe'''.split())
# All names that begin so belong to the core as well.
CORE_PREFIXES = ('kz_call_', 'kz_cancel_', 'kz_client_', 'kz_config_', 'kz_error_', 'kz_json_', 'kz_log_', 'kz_plugin_',
                 'kz_plugins_', 'kz_progress_', 'kz_result_', 'kz_schema_', 'kz_service_', 'kz_setting_', 'kz_stream_',
                 'kz_string_', 'kz_opt_', 'kz_global_', 'kz_loop_', 'kz_pending_', 'kz_provider_', 'kz_glib_', 'kz_type_')
CORE_MACROS = ('KZ_PROVIDER_', 'KZ_SIGN_IN_', 'KZ_ABI_', 'KZ_ANSWER_', 'KZ_API', 'KZ_BEGIN_', 'KZ_BODY_', 'KZ_BOOL', 'KZ_BUILTIN_', 'KZ_END_', 'KZ_ERROR',
               'KZ_EXCLUSIVE_', 'KZ_FALSE', 'KZ_FIELD_', 'KZ_GLIB_', 'KZ_GO_ON', 'KZ_HAS_', 'KZ_INT', 'KZ_IN_', 'KZ_IS_', 'KZ_JSON', 'KZ_LIST',
               'KZ_LITERAL', 'KZ_LOG', 'KZ_MAP', 'KZ_NULL', 'KZ_NUMBER', 'KZ_ONE', 'KZ_PAUSE', 'KZ_STOP', 'KZ_OPEN_ENUM', 'KZ_OP_', 'KZ_PLUGIN',
               'KZ_PRINTF', 'KZ_SET', 'KZ_SHAPE_', 'KZ_STEP_', 'KZ_TRUE', 'KZ_TYPE_', 'KZ_UNSET', 'KZ_WIPE')

_IDENTIFIER = re.compile(r'[A-Za-z_][A-Za-z0-9_]*\Z')


def snake(text):
    """ModelFile, model-file, modelFile: model_file. Never empty, never begins with a digit."""
    text = re.sub(r'[^A-Za-z0-9]+', '_', text)
    text = re.sub(r'([A-Z]+)([A-Z][a-z])', r'\1_\2', text)
    text = re.sub(r'([a-z0-9])([A-Z])', r'\1_\2', text)
    text = re.sub(r'_+', '_', text).strip('_').lower() or 'x'
    return '_' + text if text[0].isdigit() else text


def type_base(title):
    """What a schema's name contributes to C names: ModelFile-Output, ModelFile-Input: model_file."""
    return snake(re.sub(r'-(?:Output|Input)$', '', title)).lstrip('_')


def macro_part(value):
    """The last part of an enumeration constant."""
    if value == '':
        return 'EMPTY'
    signs = {'+': 'PLUS', '-': 'MINUS', '*': 'ANY', '<': 'LT', '>': 'GT', '=': 'EQ', '<=': 'LE', '>=': 'GE', '!=': 'NE', '==': 'EQ',
             '/': 'SLASH'}
    if value in signs:
        return signs[value]
    if value[0] in '+-' and len(value) > 1:
        value = {'+': 'plus_', '-': 'minus_'}[value[0]] + value[1:]
    text = re.sub(r'([a-z])([A-Z])', r'\1_\2', value)
    return re.sub(r'[^A-Za-z0-9]+', '_', text).strip('_').upper() or 'X'


def is_identifier(text):
    return isinstance(text, str) and bool(_IDENTIFIER.match(text)) and text not in WORDS


def member(name):
    """A member name for a JSON name: itself where it is a harmless identifier."""
    if not _IDENTIFIER.match(name) or re.match(r'__|_[A-Z]', name):
        name = snake(name)
    return name + '_' if name in WORDS else name


def is_core(name):
    return name in CORE or name.startswith(CORE_PREFIXES)


class Scope:
    """Names in use; pick() gives the first candidate that is free, numbered when none is."""

    def __init__(self, taken=()):
        self.taken = set(taken)

    def pick(self, *candidates, needs=lambda name: [name]):
        """`needs` lists all identifiers that a name brings (a list also takes n_name)."""
        number = 1
        while True:
            for name in candidates if number == 1 else [f'{candidates[-1]}_{number}']:
                wanted = needs(name)
                if not any(each in self.taken for each in wanted):
                    self.taken.update(wanted)
                    return name
            number += 1
