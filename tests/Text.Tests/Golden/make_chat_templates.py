"""Makes chat_templates.json: what Jinja makes of templates with the settings that Hugging Face's transformers uses for chat templates.

/usr/bin/python3 make_chat_templates.py (Debian's python3-jinja2). The templates are written for this test in the shapes that published models have.
"""

import datetime
import json
import os

from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

HERE = os.path.dirname(os.path.abspath(__file__))
NOW = datetime.datetime(2024, 7, 4, 9, 5, 6)


class Complaint(Exception):
    pass


def environment():
    def raise_exception(message):
        raise Complaint(message)

    def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    made = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"])
    made.filters["tojson"] = tojson
    made.globals["raise_exception"] = raise_exception
    made.globals["strftime_now"] = NOW.strftime
    return made


def say(role, content, **more):
    return {"role": role, "content": content, **more}


LLAMA = """{{- bos_token }}
{%- if not date_string is defined %}
    {%- set date_string = strftime_now("%d %b %Y") %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set rules = messages[0]['content'] | trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set rules = "" %}
{%- endif %}
{{- "<|head|>system<|foot|>\\n\\n" }}
{{- "Today: " + date_string + "\\n\\n" }}
{{- rules }}
{{- "<|over|>" }}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|head|>' + message['role'] + '<|foot|>\\n\\n' + message['content'] | trim + '<|over|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls | length == 1 %}
            {{- raise_exception("one call at a time") }}
        {%- endif %}
        {%- set call = message.tool_calls[0].function %}
        {{- '<|head|>assistant<|foot|>\\n\\n' }}
        {{- '{"name": "' + call.name + '", ' }}
        {{- '"parameters": ' }}
        {{- call.arguments | tojson }}
        {{- "}<|over|>" }}
    {%- elif message.role in ["tool", "ipython"] %}
        {{- "<|head|>ipython<|foot|>\\n\\n" }}
        {%- if message.content is mapping or message.content is iterable %}
            {{- message.content | tojson }}
        {%- else %}
            {{- message.content }}
        {%- endif %}
        {{- "<|over|>" }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|head|>assistant<|foot|>\\n\\n' }}
{%- endif %}
"""

CHATML = """{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|s|>system
Be kind.<|e|>
' }}{% endif %}{{ '<|s|>' + message['role'] + '
' + message['content'] + '<|e|>' + '
' }}{% endfor %}{% if add_generation_prompt %}{{ '<|s|>assistant
' }}{% endif %}"""

QWEN = """{%- if tools %}
    {{- '<|s|>system\\n' }}
    {%- if messages[0].role == 'system' %}
        {{- messages[0].content + '\\n\\n' }}
    {%- endif %}
    {{- "Tools:" }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- "<|e|>\\n" }}
{%- elif messages[0].role == 'system' %}
    {{- '<|s|>system\\n' + messages[0].content + '<|e|>\\n' }}
{%- endif %}
{%- set ns = namespace(last=messages|length - 1, looking=true) %}
{%- for message in messages[::-1] %}
    {%- set place = (messages|length - 1) - loop.index0 %}
    {%- if ns.looking and message.role == "user" and not (message.content.startswith('<r>') and message.content.endswith('</r>')) %}
        {%- set ns.looking = false %}
        {%- set ns.last = place %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|s|>' + message.role + '\\n' + message.content + '<|e|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {%- set content = message.content %}
        {%- set thought = '' %}
        {%- if message.thought is defined and message.thought is not none %}
            {%- set thought = message.thought %}
        {%- elif '</t>' in message.content %}
            {%- set content = message.content.split('</t>')[-1].lstrip('\\n') %}
            {%- set thought = message.content.split('</t>')[0].rstrip('\\n').split('<t>')[-1].lstrip('\\n') %}
        {%- endif %}
        {%- if loop.index0 > ns.last %}
            {%- if loop.last or (not loop.last and thought) %}
                {{- '<|s|>' + message.role + '\\n<t>\\n' + thought.strip('\\n') + '\\n</t>\\n\\n' + content.lstrip('\\n') }}
            {%- else %}
                {{- '<|s|>' + message.role + '\\n' + content }}
            {%- endif %}
        {%- else %}
            {{- '<|s|>' + message.role + '\\n' + content }}
        {%- endif %}
        {{- '<|e|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|s|>assistant\\n' }}
    {%- if thinking is defined and thinking is false %}
        {{- '<t>\\n\\n</t>\\n\\n' }}
    {%- endif %}
{%- endif %}"""

MISTRAL = """{%- if messages[0]["role"] == "system" %}
    {%- set rules = messages[0]["content"] %}
    {%- set rest = messages[1:] %}
{%- else %}
    {%- set rest = messages %}
{%- endif %}
{{- bos_token }}
{%- for message in rest %}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
        {{- raise_exception('user and assistant have to take turns') }}
    {%- endif %}
    {%- if message['role'] == 'user' %}
        {%- if loop.last and rules is defined %}
            {{- '[ASK]' + rules + '\\n\\n' + message['content'] + '[/ASK]' }}
        {%- else %}
            {{- '[ASK]' + message['content'] + '[/ASK]' }}
        {%- endif %}
    {%- elif message['role'] == 'assistant' %}
        {{- ' ' + message['content'] + eos_token }}
    {%- else %}
        {{- raise_exception('no such role') }}
    {%- endif %}
{%- endfor %}
"""

GEMMA = """{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system here') }}{% endif %}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('turns') }}{% endif %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}{{ '<turn>' + role + '
' + message['content'] | trim + '</turn>
' }}{% endfor %}{% if add_generation_prompt %}{{'<turn>model
'}}{% endif %}"""

PARTS = """{{ bos_token }}
{%- for message in messages -%}
    {{ '<turn>' + message['role'] + '\\n' }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {%- for item in message['content'] -%}
            {%- if item['type'] == 'image' -%}
                {{ '<picture>' }}
            {%- elif item['type'] == 'text' -%}
                {{ item['text'] | trim }}
            {%- endif -%}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception("what is that?") }}
    {%- endif -%}
    {{ '</turn>\\n' }}
{%- endfor -%}
"""

ZEPHYR = """{% for message in messages %}
{% if message['role'] == 'user' %}
{{ '<|asks|>
' + message['content'] + eos_token }}
{% elif message['role'] == 'system' %}
{{ '<|rules|>
' + message['content'] + eos_token }}
{% elif message['role'] == 'assistant' %}
{{ '<|says|>
'  + message['content'] + eos_token }}
{% endif %}
{% if loop.last and add_generation_prompt %}
{{ '<|says|>' }}
{% endif %}
{% endfor %}"""

PHI = """{% for message in messages %}{% if message['role'] == 'system' and 'tools' in message and message['tools'] is not none %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|tool|>' + message['tools'] + '<|/tool|>' + '<|end|>' }}{% else %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% else %}{{ eos_token }}{% endif %}"""

MACROS = """{%- macro kind(name) -%}
    {%- if name == "str" -%}string{%- elif name == "int" -%}integer{%- else -%}{{ name | title }}{%- endif -%}
{%- endmacro -%}
{%- macro shape(fields, depth=0) -%}
    {%- for key, value in fields | dictsort %}
        {%- if not loop.first %},{% endif %}
        {{- key }}:{{ kind(value) if value is string else "{" ~ shape(value, depth=depth + 1) ~ "}" }}@{{ depth }}
    {%- endfor -%}
{%- endmacro -%}
{{ shape({"b": "int", "a": {"z": "str", "y": "list"}}) }}
{% for tool in tools | default([], true) %}
- {{ tool.name | upper }}({{ tool.parameters.keys() | join(", ") }})
{% else %}
none
{% endfor %}
"""

PAIR = [say("user", "Hi there "), say("assistant", " Hello!\n"), say("user", "What is 2+2?")]
SYSTEM = [say("system", " Answer briefly. ")] + PAIR
CALLS = [say("user", "Rain in Bonn?"), say("assistant", "", tool_calls=[{"function": {"name": "rain", "arguments": {"city": "Bönn", "days": 2, "x": [1.5, None, True]}}}]),
         say("tool", {"rain": 0.25, "note": "a \"b\"\n"})]
THOUGHT = [say("user", "1?"), say("assistant", "<t>\nhm\n</t>\n\none"), say("user", "2?"), say("assistant", "<t>\nhm hm\n</t>\n\ntwo")]
TOOLS = [{"name": "rain", "parameters": {"city": "str", "days": "int"}}]
USUAL = {"bos_token": "<s>", "eos_token": "</s>"}

shapes = []
for name, text in (("llama", LLAMA), ("chatml", CHATML), ("qwen", QWEN), ("mistral", MISTRAL), ("gemma", GEMMA), ("zephyr", ZEPHYR), ("phi", PHI)):
    for talk, messages in (("pair", PAIR), ("system", SYSTEM), ("one", PAIR[:1]), ("twice", PAIR[:1] * 2), ("thought", THOUGHT)):
        for prompt in (True, False):
            shapes.append((f"{name}, {talk}, {prompt}", text, {**USUAL, "messages": messages, "add_generation_prompt": prompt}))
shapes += [
    ("llama, calls", LLAMA, {**USUAL, "messages": CALLS, "add_generation_prompt": True}),
    ("llama, two calls", LLAMA, {**USUAL, "messages": [say("assistant", "", tool_calls=CALLS[1]["tool_calls"] * 2)], "add_generation_prompt": True}),
    ("llama, a date", LLAMA, {**USUAL, "messages": PAIR, "date_string": "1 Jan", "add_generation_prompt": False}),
    ("qwen, tools", QWEN, {**USUAL, "messages": SYSTEM, "tools": TOOLS, "add_generation_prompt": True, "thinking": False}),
    ("parts", PARTS, {**USUAL, "messages": [say("user", [{"type": "image"}, {"type": "text", "text": " What? "}]), say("model", "A cat")]}),
    ("parts, wrong", PARTS, {**USUAL, "messages": [say("user", 7)]}),
    ("macros", MACROS, {"tools": TOOLS}),
    ("macros, none", MACROS, {}),
    ("mistral, role", MISTRAL, {**USUAL, "messages": [say("robot", "x")]}),
]

# white space around tags, each as a template of its own
SPACES = [
    "a\n  {% if true %}\n  b\n  {% endif %}\n  c\n", "a {%- if true -%} b {%- endif -%} c", "a\n{%+ if true +%}\nb\n{% endif %}\nc", "  {% if true %}x{% endif %}  y",
    "x  {# note #}\ny", "x\n  {# note #}\ny", "x {#- note -#} y", "\n\n{{ 1 }}\n\n{{ 2 }}\n\n", "{{- 1 -}}  \n  {{- 2 -}}  ", "  {{ 1 }}\n  {%- set x = 2 %}\n{{ x }}",
    "{% raw %}{{ x }} {% if %}{% endraw %}\nz", "a\n  {% raw -%}  {{ x }}  {%- endraw %}\n z", "a{% raw %}\n  q\n  {% endraw %}b", "1\r\n{% if true %}\r\n2\r\n{% endif %}\r3\r\n", "{% for i in [1,2] %}\n\t{{ i }}\n{% endfor %}\n",
    "{{ '{{' }}{{ \"%}\" }}", "{% set x %}\n  a\n  {% endset %}[{{ x }}]", "{% set x | trim | upper %}\n  a\n  {% endset %}[{{ x }}]", "{% filter upper %}a{{ 'b' }}{% endfilter %}c", "a{{'\n'}}b\n", "{%if true%}1{%else%}2{%endif%}",
    "{{ {'a': {'b': 1}}}}", "{{ {'a': 1}['a'] }}", "{# {{ x }} #}y{#+ a +#}\nz", "{%- for i in range(3) %}\n  {%- if i == 1 %}{% continue %}{% endif %}\n  {{- i }}\n{%- endfor %}|",
    "{% for i in range(9) %}{% if i > 3 %}{% break %}{% endif %}{{ i }}{% endfor %}", "tab\t{%- if true %}\tx{% endif -%}\n\n\ty", "\u00a0{%- if true %}x{% endif %}",
]

EXPRESSIONS = [
    # arithmetic and comparisons
    "1 + 2 * 3", "7 // 2, -7 // 2, 7 % 3, -7 % 3, 7 % -3", "7 / 2", "4 / 2", "2 ** 10", "2 ** -1", "2 ** 3 ** 2", "-2 ** 2", "1.5 + 1", "0.1 + 0.2", "1e16", "1e15", "123456789.125", "1e-5", "0.0001", "1.0", "5.0 // 2", "-5.5 % 2",
    "1 < 2 < 3", "1 < 2 > 3", "1 == 1.0", "true == 1", "'a' < 'b'", "[1, 2] < [1, 3]", "(1, 2) == [1, 2]", "'1' == 1", "none == false", "1 != 2", "not 1 == 2", "not not true", "true + true", "-true", "+5", "'ab' * 3", "2 * [1]", "[1] + [2]", "(1,) + (2,)",
    "'a' + 'b' ~ 1 + 2", "1 ~ 2 ~ none ~ true", "'a' 'b'", "\"it's\" ~ 'a \"b\"'", "'\\n\\t\\\\\\'\\x41\\u00e9\\d'", "'%s'", "1_000", "10 // 0.0 if false else 3",
    # conditions
    "1 if true else 2", "1 if false", "(1 if false) is defined", "1 if true if false else 3", "0 or 'x'", "1 and 'y'", "'' and nothing", "none or 0 or []", "x is defined and x.y", "nothing", "nothing.there", "nothing | length", "nothing | default('d')", "nothing | default", "none | default('d')",
    "none | default('d', true)", "'' | d('e', boolean=true)", "nothing == nothing", "nothing != 1", "nothing ~ 'a'", "nothing + 'a'", "nothing in [1]", "'a' in nothing", "nothing < 1", "nothing()", "nothing['a']", "nothing is iterable, nothing is sequence", "nothing | list", "nothing | join(',')",
    # lists, slices, dicts
    "[1, 2, 3][-1]", "[1, 2, 3][5]", "[1, 2, 3][5] is defined", "[1, 2, 3, 4][1:3]", "[1, 2, 3, 4][::-1]", "[1, 2, 3, 4][::2]", "[1, 2, 3, 4][-2:]", "[1, 2, 3, 4][:-1]", "[1, 2][5:]", "[1,2,3,4][3:0:-2]", "'hello'[1:3], 'hello'[-1], 'hello'[::-1]", "'héllo😀x'[-2:], '😀ab' | length", "(1, 2)[0]", "[1, 2].0", "[[1, 2], [3]][0][1]",
    "{'a': 1}.a, {'a': 1}['a'], {'a': 1}['b']", "{'a': 1}.get('a'), {'a': 1}.get('b'), {'a': 1}.get('b', 2)", "{'a': 1, 'b': none}", "{'items': 1}['items']", "{'a': 1}.items() | list", "{'a': 1, 'b': 2}.keys() | list", "{'a': 1}.values() | list", "{'a': 1}.items()", "{'a': 1} | items | list", "{'a': 1} | length",
    "{1: 'x'}[1], {1: 'x'}[1.0], {1: 'x'}[true]", "'a' in {'a': 1}", "1 in [1, 2], 3 not in [1, 2]", "'b' in 'abc'", "1 in (1,)", "1 in 'abc'", "dict(a=1, b=2)", "[1, 'a', 2.5, none, true, [], {}, ()]", "(1,), ()", "[\"it's\", 'a\"b', 'n\\n', '\\\\']", "{'k': 'v'}", "['é', '\\x07']",
    "range(3) | list", "range(1, 4) | list", "range(5, 0, -2) | list", "range(0) | list", "range(3) | length", "range(3)[1]", "range(200000) | length",
    # filters
    "'  a b '|trim ~ '|'", "'xxaxx'|trim('x')", "'aBc'|upper, 'aBc'|lower, 'hELLO wORLD'|capitalize, 'hello-world (foo) it\\'s'|title", "5|string + 'a'", "['a', 'b']|join", "[1, 2]|join(', ')", "[{'a': 1}, {'a': 2}]|join('-', attribute='a')", "'abc'|join('-')", "'abc'|list", "'abc'|first, 'abc'|last, []|first, [1,2]|last",
    "'aXbXc'|replace('X', '-'), 'aXbXc'|replace('X', '-', 1), 123|replace('2', '')", "'abc'|replace('', '-')", "'a\\nb\\n\\nc'|indent", "'a\\nb\\n\\nc'|indent(2, true)", "'a\\nb\\n\\nc'|indent(2, false, true)", "'a\\nb'|indent('> ', first=true)", "'a'|indent(2)", "'<a b=\"c\">&\\''|e", "'<a>'|safe",
    "{'a': [1, 2.0, 'x\\n\"é'], 'b': none, 'c': true, 'd': {}, 'e': []}|tojson", "{'a': [1, {'b': 2}], 'c': []}|tojson(indent=2)", "{'b': 1, 'a': 2}|tojson(sort_keys=true)", "[1, 2]|tojson(separators=(',', ':'))", "{'a': 1}|tojson(indent=4)", "'\\x01\\x7f/'|tojson", "{1: 2, true: 5}|tojson", "nothing|tojson", "(1, 2)|tojson", "1e20|tojson", "1.5|tojson", "range(3)|list|tojson",
    "[1, 2, 3]|length, 'abc'|count", "5|length", "-3|abs, 3.5|abs", "'12'|int, 'x'|int, 'x'|int(7), 3.9|int, ' 4 '|int, '3.7'|int, none|int", "'1.5'|float, 'x'|float, 2|float", "2.5|round, 3.5|round, 2.567|round(2), 2.1|round(0, 'ceil'), 2.9|round(method='floor'), 7|round", "'abc'|reverse", "[1, 2]|reverse|list",
    "[3, 1, 2]|sort", "['b', 'A', 'c']|sort", "['b', 'A', 'c']|sort(case_sensitive=true)", "[3, 1, 2]|sort(reverse=true)", "[{'a': 2}, {'a': 1}]|sort(attribute='a')", "[1, 'a']|sort", "[1, 2, 1]|unique|list", "['a', 'A', 'b']|unique|list", "[1, 2]|sum, [{'a': 1}, {'a': 2}]|sum(attribute='a'), []|sum(start=5)", "[1, 3, 2]|max, [1, 3, 2]|min, []|max, ['b', 'A']|min",
    "{'b': 1, 'A': 2}|dictsort", "{'b': 1, 'a': 2}|dictsort(by='value')", "{'b': 1, 'a': 2}|dictsort(reverse=true)",
    "[1, 2, 3]|map('string')|join('+')", "people|map(attribute='name')|list", "people|map(attribute='age', default=0)|list", "people|map(attribute='home.city')|join(',')", "['a', 'b']|map('upper')|list", "['a b', 'c']|map('replace', 'a', 'x')|list", "people|selectattr('age')|map(attribute='name')|list", "people|selectattr('age', 'defined')|list|length",
    "people|selectattr('name', 'equalto', 'bob')|map(attribute='age')|first", "people|rejectattr('name', 'equalto', 'bob')|map(attribute='name')|join", "people|rejectattr('age')|list|length", "[1, 2, 3, 4]|select('odd')|list", "[1, 2, 3, 4]|reject('divisibleby', 2)|list", "[0, 1, '', 'a']|select|list", "[1,2,3]|select('gt', 1)|list", "people|selectattr('name', 'in', ['bob'])|list|length",
    "(people|selectattr('name', 'equalto', 'nobody')) is defined", "'yes' if people|selectattr('name', 'equalto', 'nobody') else 'no'", "'yes' if people|selectattr('name', 'equalto', 'nobody')|list else 'no'", "[1]|map('upper')|length", "[1, 2]|map('nosuchfilter')|list", "'a'|nosuchfilter", "1 is nosuchtest", "-1|abs", "2|string|length + 1", "'a,b'|upper.split(',')",
    # tests
    "1 is number, 1.5 is number, true is number, 'a' is number", "1 is integer, true is integer, 1.0 is float, true is boolean", "'a' is string, 1 is string, none is none, 0 is none, none is not none", "{} is mapping, [] is mapping", "[] is sequence, {} is sequence, 'a' is sequence, 1 is sequence", "[] is iterable, 'a' is iterable, 1 is iterable, {} is iterable",
    "2 is even, 3 is odd, 9 is divisibleby 3, 9 is divisibleby(2)", "1 is eq 1, 1 is ne 1, 1 is lt 2, 2 is ge 2, 2 is gt 1, 1 is le 0, 1 is equalto 1", "'a' is in ['a'], 'b' is not in ['a']", "true is true, false is false, 1 is true, none is false", "'abc' is lower, 'ABC' is upper, 'aB' is lower", "1 is defined and 2 is even", "range is callable, 1 is callable", "not nothing is defined", "'x' is string and not true", "none is sameas none, true is sameas 1",
    # methods
    "' a '.strip() ~ '|', 'xxa'.lstrip('x'), 'axx'.rstrip('x')", "'a b  c'.split(), 'a,b,c'.split(','), 'a,b,c'.split(',', 1), 'a b c d'.split(none, 2), ''.split(), ''.split(',')", "'a b  c '.split(maxsplit=1), 'a,b,c'.rsplit(',', 1), ' a  b c'.rsplit(none, 1)", "'abc'.startswith('a'), 'abc'.startswith(('x', 'a')), 'abc'.endswith('bc')", "'aBc'.upper(), 'aBc'.lower(), 'aBC d'.capitalize(), \"they're a1b\".title()", "'aXb'.replace('X', '-'), 'aaa'.replace('a', 'b', 2)",
    "','.join(['a', 'b']), ','.join('ab')", "','.join([1])", "'abc'.find('c'), 'abc'.find('x'), 'abc'.index('b'), 'abcb'.rfind('b')", "'abc'.index('x')", "'banana'.count('a'), 'abc'.count('')", "'12'.isdigit(), ''.isdigit(), 'ab'.isalpha(), 'a1'.isalnum(), ' '.isspace()", "'a\\nb\\r\\nc'.splitlines(), 'a\\nb'.splitlines(true)", "'prefix-a'.removeprefix('prefix-'), 'a.txt'.removesuffix('.txt')", "[1, 2, 1].index(2), [1, 2, 1].count(1)", "[1].index(5)", "'a'.nosuch", "'a'.nosuch()", "{'a': 1}.nosuch is defined", "none.a", "5 .a is defined", "[1].append(2)", "{'a': 1}.update({'b': 2})",
    "'Straße'.upper(), 'ΑΣ'.lower(), 'İ'.lower()",
    # what fails
    "1 + 'a'", "'a' + 1", "1 / 0", "[1] + (2,)", "1 < 'a'", "none < 1", "none | length", "1 | first", "none + 1", "{[1]: 2}", "[1][none]", "5 in 5", "1()", "raise_exception('no')", "raise_exception('no' ~ 1)", "'a' | int('b', 'c', 'd', 'e')", "range(1, 2, 0)", "'a' * -1", "'a'.split('')",
    "strftime_now('%Y-%m-%d %H:%M:%S %j %p %I %a %A %b %B %y %% %-d %e %F %T')",
]

STATEMENTS = [
    "{% set x = 1 %}{% for i in [1, 2] %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}", "{% set ns = namespace(x=1) %}{% for i in [1, 2] %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}", "{% if true %}{% set x = 5 %}{% endif %}{{ x }}", "{% set a, b = 1, 2 %}{{ a }}{{ b }}", "{% set a = 1, 2 %}{{ a }}", "{% set x.y = 1 %}",
    "{% set d = {'a': 1} %}{% set d.a = 2 %}", "{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}={{ v }};{% endfor %}", "{% for k in {'a': 1} %}{{ k }}{% endfor %}", "{% for c in 'héy' %}{{ c }}.{% endfor %}", "{% for (a, b), c in [[[1, 2], 3]] %}{{ a }}{{ b }}{{ c }}{% endfor %}", "{% for a, b in [[1]] %}{% endfor %}", "{% for i in none %}{% endfor %}", "{% for i in nothing %}x{% else %}empty{% endfor %}",
    "{% for i in [1, 2, 3] if i != 2 %}{{ loop.index }}:{{ i }}/{{ loop.length }}{{ ',' if not loop.last }}{% endfor %}", "{% for i in [1, 2, 3] %}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.previtem }}{{ loop.nextitem }};{% endfor %}", "{% for i in range(4) %}{{ loop.cycle('a', 'b') }}{% endfor %}", "{% for i in [1, 1, 2] %}{{ loop.changed(i) }}{% endfor %}", "{% for i in [1, 2] %}{% for j in [1, 2] %}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %}",
    "{% for i in [1, 2] %}{% set outer = loop %}{% for j in 'ab' %}{{ outer.index }}{{ j }}{% endfor %}{% endfor %}", "{% for i in [] %}{% else %}{% set y = 1 %}{% endfor %}{{ y is defined }}", "{% for i in [1, 2] %}{% endfor %}{{ i is defined }}", "{% macro m(a, b='x') %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(1, 2) }}{{ m(b=3) }}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(c=2) }}",
    "{% macro m(a, b=a) %}{{ b }}{% endmacro %}{{ m(4) }}", "{% set g = 'outer' %}{% macro m() %}{{ g }}{% set g = 1 %}{% endmacro %}{{ m() }}{{ g }}", "{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(4) }}", "{% macro m() %}  a  {% endmacro %}[{{ m()|trim }}]{{ m() is string }}{{ m()|length }}", "{% set x %}{{ 1 }}a{% endset %}{{ x }}{{ x is string }}",
    "{% set gen = people|map(attribute='name') %}{{ gen|list }}{{ gen|list }}", "{% for p in people|selectattr('age') %}{{ p.name }}{{ loop.last }}{{ loop.length }}{% endfor %}", "{% if people|length > 1 and (people[0].name == 'ann' or false) %}y{% elif x %}z{% else %}n{% endif %}", "{% if nothing %}a{% elif 0 %}b{% elif '' %}c{% elif [] %}d{% elif {} %}e{% elif 0.0 %}f{% else %}g{% endif %}",
    "{{ people }}", "{{ people[0].home.city }}", "{{ people[0]['home']['city'] }}", "{% set ns = namespace({'a': 1}, b=2) %}{{ ns.a }}{{ ns.b }}{{ ns.c is defined }}", "{% set content = 'a' %}{% set content %}{{ content }}b{% endset %}{{ content }}", "{% for i in range(3) %}{% if loop.index is odd %}{{ i }}{% endif %}{% endfor %}", "{{ 1, 2 }}", "{{ (1) }}{{ (1,) }}",
    "{% if true %}", "{% endif %}", "{% for %}{% endfor %}", "{{ }}", "{{ 1", "{% nosuch %}", "{{ 1 + }}", "{{ a b }}", "{{ 'a }}", "{# a", "{% set 1 = 2 %}", "{% for i in x %}", "{{ [1, 2 }}", "{{ (1, 2] }}", "{{ 1 is }}", "{{ x | }}", "{{ x. }}", "{% if %}{% endif %}", "{% set x %}", "{{ f(a=1, 2) }}", "{{ $ }}",
]

PEOPLE = {"people": [{"name": "ann", "age": 30, "home": {"city": "Ulm"}}, {"name": "bob", "home": {"city": "Bonn"}, "age": 0}, {"name": "cay", "home": {"city": "Hof"}}]}

cases = [(name, text, variables) for name, text, variables in shapes]
cases += [(f"spaces {number}", text, {}) for number, text in enumerate(SPACES)]
cases += [(f"{{{{ {text} }}}}", f"{{{{ {text} }}}}", PEOPLE) for text in EXPRESSIONS]
cases += [(text, text, PEOPLE) for text in STATEMENTS]

golden = []
for name, text, variables in cases:
    case = {"name": name, "template": text, "variables": variables}
    try:
        case["text"] = environment().from_string(text).render(**variables)
        if " at 0x" in case["text"]:
            raise ValueError(name)
    except Complaint as complaint:
        case["complaint"] = str(complaint)
    except (TemplateError, TypeError, ValueError, AttributeError, ZeroDivisionError, OverflowError) as error:
        case["error"] = type(error).__name__
    golden.append(case)

with open(os.path.join(HERE, "chat_templates.json"), "w", encoding="utf-8") as file:
    file.write("[\n" + ",\n".join(json.dumps(case, ensure_ascii=False) for case in golden) + "\n]\n")
print(len(golden), sum("error" in case for case in golden), sum("complaint" in case for case in golden))
