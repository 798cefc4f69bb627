"""The words of the language that cannot be names."""

from __future__ import annotations

import keyword
import re

# Keys with a meaning of their own beside or in place of an op.
RESERVED = frozenset(
    """from as when for repeat collect steps group let given call index assign shape getitem list append
    super""".split()
)
LAYER_KEYS = ("repeat", "for", "let", "when", "group", "discard")
STEP_KEYS = ("from", "as", "collect", "when", "for", "repeat", "let", "steps")
CONTAINERS = ("Sequential", "ModuleList", "ModuleDict")

# Attributes of every nn.Module that a layer, parameter or buffer would shadow. Written out, since
# the core does not import torch; a test holds it against dir(nn.Module()).
MODULE_ATTRIBUTES = frozenset(
    """T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda
    double dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter
    get_submodule half ipu load_state_dict modules mtia named_buffers named_children named_modules
    named_parameters parameters register_backward_hook register_buffer register_forward_hook
    register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook
    register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module
    register_parameter register_state_dict_post_hook register_state_dict_pre_hook requires_grad_
    set_extra_state set_submodule share_memory state_dict to to_empty train training type xpu
    zero_grad

    _apply _backward_hooks _backward_pre_hooks _buffers _call_impl _compiled_call_impl _forward_hooks
    _forward_hooks_always_called _forward_hooks_with_kwargs _forward_pre_hooks
    _forward_pre_hooks_with_kwargs _get_backward_hooks _get_backward_pre_hooks _get_name
    _is_full_backward_hook _load_from_state_dict _load_state_dict_post_hooks
    _load_state_dict_pre_hooks _maybe_warn_non_full_backward_hook _modules _named_members
    _non_persistent_buffers_set _parameters _register_load_state_dict_pre_hook
    _register_state_dict_hook _replicate_for_data_parallel _save_to_state_dict _slow_forward
    _state_dict_hooks _state_dict_pre_hooks _version _wrapped_call_impl""".split()
)
# What containers have besides, and their members would shadow.
CONTAINER_ATTRIBUTES = {
    "Sequential": frozenset(("append", "extend", "insert", "pop", "_get_item_by_idx")),
    "ModuleList": frozenset(("append", "extend", "insert", "pop")),
    "ModuleDict": frozenset(("clear", "items", "keys", "pop", "update", "values")),
}
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def is_identifier(text: str) -> bool:
    """Whether a text can be a Python name (ASCII, no keyword)."""
    return _IDENTIFIER.fullmatch(text) is not None and not keyword.iskeyword(text)
