"""The types of the API's events. Pure."""

from typing import Final

# Every event there is, `response.` left out; and `done`, as the end was called at first.
KNOWN_EVENTS: Final = frozenset(
    """
    audio.delta audio.done audio.transcript.delta audio.transcript.done
    code_interpreter_call.completed code_interpreter_call.in_progress
    code_interpreter_call.interpreting code_interpreter_call_code.delta
    code_interpreter_call_code.done compaction.compacting completed content_part.added
    content_part.done created custom_tool_call_input.delta custom_tool_call_input.done done
    failed file_search_call.completed file_search_call.in_progress file_search_call.searching
    function_call_arguments.delta function_call_arguments.done image_generation_call.completed
    image_generation_call.generating image_generation_call.in_progress
    image_generation_call.partial_image in_progress incomplete mcp_call.completed
    mcp_call.failed mcp_call.in_progress mcp_call_arguments.delta mcp_call_arguments.done
    mcp_list_tools.completed mcp_list_tools.failed mcp_list_tools.in_progress output_item.added
    output_item.done output_text.annotation.added output_text.delta output_text.done queued
    reasoning_summary_part.added reasoning_summary_part.done reasoning_summary_text.delta
    reasoning_summary_text.done reasoning_text.delta reasoning_text.done refusal.delta
    refusal.done shell_call_command.added shell_call_command.delta shell_call_command.done
    shell_call_output_content.delta shell_call_output_content.done steer.accepted steer.failed
    steer.pending web_search_call.completed web_search_call.in_progress
    web_search_call.searching
    """.split()  # noqa: SIM905  # a line for each would be a page
)
