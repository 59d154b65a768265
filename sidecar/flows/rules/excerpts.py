"""A line of a file that each rule catches, and one that it lets pass; `recovery lint --explain` shows them.

They are cut out of the examples by which the tests hold the rules (`tests/unit/flows/test_rules.py`, which holds these
against those too), without line breaks.
"""

from __future__ import annotations

from typing import Final

EXCERPTS: Final[dict[str, tuple[str, str]]] = {
    "S001": ("{", '{"nodes": [], "connections": {}}'),
    "S002": ('{"openapi": "3.1.0"}', '"nodes": [], "connections": {}'),
    "S201": ('{"name": "A"}', '"name": "A", "type": "n8n-nodes-base.noOp", "typeVersion": 1, "position": [0, 0]'),
    "S202": ('"parameters": {}, "id": "1"}], "connections"', '"parameters": {}}], "connections"'),
    "S203": (
        '{"name": "Go", "type": "n8n-nodes-base.manualTrigger"',
        '{"name": "Go on", "type": "n8n-nodes-base.noOp"',
    ),
    "S204": ('"connections": {"Gone": {"main"', '"connections": {"Go": {"main"'),
    "S205": ('{"node": "Gone", "type": "main", "index": 0}', '{"node": "A", "type": "main", "index": 0}'),
    "S301": ('"flow": [{"id": 1}]', '"flow": [{"id": 1, "module": "gateway:CustomWebHook", "version": 1'),
    "S302": ('{"id": 1, "module": "http:ActionSendData"', '{"id": 2, "module": "http:ActionSendData"'),
    "S303": ('"mapper": {"x": "{{7.y}}"}', '"mapper": {"x": "{{1.y}}"}'),
    "S304": ('"mapper": {"x": "{{2.y}}"}', '"mapper": {"x": "{{1.y}}"}'),
    "S305": ('{"flow": [{"id": 3, "module": "c:d"', '}, {"id": 3, "module": "c:d"'),
    "P001": ('{"nodes": [], "nodes": [], "connections": {}}', '{"nodes": [], "connections": {}}'),
    "P002": ("a file in UTF-16", "a file in UTF-8"),
    "P004": (
        '"notes": "recovery-lint: ignore P203"',
        '"notes": "recovery-lint: ignore P203 the form on our page cannot sign in"',
    ),
    "P101": ('"value": "sk-a1B2', '"value": "sk-YOUR-KEY"'),
    "P201": ('"settings": {}', '"settings": {"errorWorkflow": "tellSomebody"}'),
    "P202": ('"retryOnFail": true, "maxTries": 10', '"retryOnFail": true, "maxTries": 5'),
    "P203": (
        '"httpMethod": "POST", "path": "a"}',
        '"httpMethod": "POST", "path": "a", "authentication": "headerAuth"}',
    ),
    "P204": ('"limitWaitTime": false', '"limitWaitTime": true'),
    "P205": ('"options": {"webhookSuffix": "a"}', '"options": {"webhookSuffix": "b"}'),
    "P206": ('"resume": "webhook", "httpMethod": "GET"', '"resume": "webhook", "httpMethod": "POST"'),
    "P207": ('"options": {"webhookSuffix": "b"}', '"options": {"webhookSuffix": "a"}'),
    "P208": ('"parameters": {"x": "={{ $json.result }}"}', '"parameters": {"value1": "={{ $json.error }}"}'),
    "P209": ('"retryOnFail": true', '"onError": "continueErrorOutput"'),
    "P212": ("$('Old name').first().json.y", "$('Go').first().json.y"),
    "P213": ('"Go": {"main": [[{"node": "A", "type"', '"B": {"main": [[{"node": "A", "type"'),
    "P214": ('"type": "n8n-nodes-base.function"', '"type": "n8n-nodes-base.code"'),
    "P215": ("={{ $json.a( }}", "={{ $json.a() }}"),
    "P216": ('"httpMethod": "POST", "path": "a"', '"httpMethod": "POST", "path": "b"'),
    "P217": ("={{ $env.KEY }}", "={{ '$env' }}"),
    "P218": ('"connections": {"Go": {"main": [[{"node": "Run a"', '"Wait": {"main": [[{"node": "Run a"'),
    "P221": (
        '{"httpBearerAuth": {"id": "7", "name": "Recovery sidecar"}}',
        '{"httpBearerAuth": {"id": null, "name": "Recovery sidecar"}}',
    ),
    "P222": ('"pinData": {"Go": [{"json": {"name": "Maya"}}]}', '"pinData": {}'),
    "P223": ('"workflowId": {"value": "s7"}', '"id": "s7"'),
    "P231": ('"type": "n8n-nodes-base.executeCommand"', '"type": "n8n-nodes-base.noOp"'),
    "P232": (
        '"type": "n8n-nodes-base.httpRequest", "typeVersion": 4.15',
        '"type": "n8n-nodes-base.httpRequest", "typeVersion": 4.2',
    ),
    "P233": ('{"resume": "specificTime"}', '{"resume": "specificTime", "dateTime": "={{ $json.wake_by }}"}'),
    "P234": ('"credentials": {"httpBearerAuth": {"name": "T"}}', '"credentials": {"twilioApi": {"name": "T"}}'),
    "P301": (
        '"metadata": {"designer": {"x": 0, "y": 0}}}]',
        '"metadata": {"designer": {"x": 0, "y": 0}}, "onerror": [{"id": 90, "module": "builtin:Ignore"',
    ),
    "P302": ('"dlq": false', '"dlq": true'),
    "P303": ('"sequential": true, "dlq": true', '"sequential": false, "dlq": true'),
    "P304": ('"duration": "301"', '"duration": "300"'),
    "P305": ('"parameters": {"handleErrors": false}', '{"a": "{{2.statusCode}}", "b": "200", "o": "number:equal"}'),
    "P306": (r'"data": "{\"text\": \"{{1.Body}}\"}"', '"qs": [{"name": "text", "value": "{{1.Body}}"}]'),
    "P307": (
        '"filter": {"name": "Missed", "conditions": []}',
        '"filter": {"name": "Missed", "conditions": [[{"a": "{{1.x}}", "o": "exist"}]]}',
    ),
    "P309": ('"parameters": {"hook": 12345}', '"parameters": {"maxResults": 1}'),
    "P310": (r"{{if(1.a; \"b\"}}", r"{{if(1.a; \"b\"; 1.`c d`)}}"),
    "P311": ('"dlq": true, "dataloss": false', '"dlq": true, "dataloss": true'),
    "P312": ('"mapper": {"status": "42"', '"mapper": {"status": "200"'),
    "P313": ('"mapper": {"to": ""', '"mapper": {"to": "{{1.To}}"'),
    "P314": ('"parseResponse": false', '"parseResponse": true'),
    "R101": (
        '"typeVersion": 1, "position": [0, 0], "parameters": {"to": "={{ $json.to }}"}',
        "/v1/sequences/{{ $json.sequence.id }}/steps/acknowledge/run",
    ),
    "R102": (
        "/v1/sequences/{{ $json.sequence.id }}/steps/acknowledge/claim",
        "/v1/claims/{{ $json.claim_id }}/result",
    ),
    "R103": (
        '"message": "A call was missed"}, "retryOnFail": true}',
        '"message": "A call was missed"}}',
    ),
    "R201": ("/v1/sequence/{{ $json.id }}/run", "/v1/sequences/{{ $json.id }}/close"),
    "R202": ('"method": "PUT"', '"method": "POST"'),
    "R203": ("{ resumeUrl: $execution.resumeUrl }", "{ resume_url: $execution.resumeUrl }"),
    "R204": ("={{ $json.status }}", "={{ $json.result }}"),
    "R205": ("{{2.data.status}}", "{{2.data.result}}"),
    "R206": ("/steps/acknowledged/run", "/steps/acknowledge/run"),
    "R207": ("/steps/acknowledge/run", "/steps/callback/skip"),
    "R208": (
        '/steps/acknowledge/run", "method": "post", "bodyType": "x_www_form_urlencoded"',
        '/v1/outcomes", "method": "post", "bodyType": "x_www_form_urlencoded"',
    ),
}
