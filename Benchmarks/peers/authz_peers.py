#!/usr/bin/env python3
"""Other engines on the requests of a workload file, one thread: authz_peers.py workload.json [count]

Prints decisions per CPU-second for cedarpy (Cedar) and regorus (through opa-eval) where they are installed, and says so where not.
"""
import json
import os
import sys
import tempfile
import time


def literal(value):
    return json.dumps(value)


def is_reference(value):
    return isinstance(value, str) and value.startswith('$')


def cedar(world):
    import cedarpy
    lines = []
    for rule in world['policies']:
        principal = f'principal in Group::"{rule["group"]}"' if rule['group'] else 'principal'
        resource = f'resource in Project::"{rule["project"]}"' if rule['project'] else 'resource'
        actions = ', '.join(f'Action::"{name}"' for name in rule['actions'])
        tests = []
        for left, operator, right in rule['when']:
            if operator == 'in':
                tests.append(f'{literal(right)}.contains({left})')
            else:
                tests.append(f'{left} {operator} {right[1:] if is_reference(right) else literal(right)}')
        lines.append(f'@id("{rule["id"]}") {rule["effect"]}({principal}, action in [{actions}], {resource}) when {{ {" && ".join(tests)} }};')
    entities = [entity('Group', name, {}, [('Group', p) for p in parents]) for name, parents in world['groups'].items()]
    entities += [entity('Project', name, {}, []) for name in sorted({d['project'] for d in world['docs'].values()})]
    entities += [entity('User', name, u['attrs'], [('Group', g) for g in u['groups']]) for name, u in world['users'].items()]
    entities += [entity('Doc', name, d['attrs'], [('Project', d['project'])]) for name, d in world['docs'].items()]
    policies = cedarpy.PolicySet.from_str('\n'.join(lines))
    facts = cedarpy.Entities.from_json_str(json.dumps(entities))

    def decide(request):
        question = {'principal': f'User::"{request["u"]}"', 'action': f'Action::"{request["a"]}"',
                    'resource': f'Doc::"{request["d"]}"', 'context': request['c']}
        return cedarpy.is_authorized(question, policies, facts).decision == cedarpy.Decision.Allow
    return decide


def entity(kind, name, attributes, parents):
    return {'uid': {'type': kind, 'id': name}, 'attrs': attributes,
            'parents': [{'type': k, 'id': p} for k, p in parents]}


def regorus(world):
    import opa_eval
    roots = {'principal': 'p', 'resource': 'r', 'context': 'input.context'}

    def name(path):
        root, field = path.split('.')
        return f'{roots[root]}.{field}'
    lines = ['package authz', 'import rego.v1', 'p := data.users[input.principal]', 'r := data.docs[input.resource]',
             'default allow := false', 'allow if { count(forbid) == 0; count(permit) > 0 }']
    for rule in world['policies']:
        tests = [f'input.action in {{{", ".join(map(literal, rule["actions"]))}}}']
        if rule['group']:
            tests.append(f'p.groups["{rule["group"]}"]')
        if rule['project']:
            tests.append(f'r.project == "{rule["project"]}"')
        for left, operator, right in rule['when']:
            other = name(right[1:]) if is_reference(right) else literal(right)
            if operator == 'in':
                other = '{' + ', '.join(map(literal, right)) + '}'
            tests.append(f'{name(left)} {operator} {other}')
        lines.append(f'{rule["effect"]} contains "{rule["id"]}" if {{ {"; ".join(tests)} }}')
    users = {n: {**u['attrs'], 'groups': {g: True for g in closure(world, u['groups'])}} for n, u in world['users'].items()}
    docs = {n: {**d['attrs'], 'project': d['project']} for n, d in world['docs'].items()}
    with tempfile.NamedTemporaryFile('w', suffix='.rego', delete=False) as file:
        file.write('\n'.join(lines))
    try:
        engine = opa_eval.OpaEval(file.name, data_json=json.dumps({'users': users, 'docs': docs}), query='data.authz.allow')
    finally:
        os.unlink(file.name)
    return lambda q: engine.evaluate_parsed(
        json.dumps({'principal': q['u'], 'action': q['a'], 'resource': q['d'], 'context': q['c']}))


def closure(world, groups):
    found, pending = set(), list(groups)
    while pending:
        group = pending.pop()
        if group not in found:
            found.add(group)
            pending += world['groups'][group]
    return found


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    with open(sys.argv[1]) as file:
        world = json.load(file)
    requests = world['requests'][:int(sys.argv[2]) if len(sys.argv) > 2 else 2000]
    for label, build in (('cedarpy', cedar), ('regorus', regorus)):
        try:
            decide = build(world)
        except ImportError:
            print(f'{label}: not installed')
            continue
        start, wrong = time.thread_time(), 0
        for request in requests:
            wrong += decide(request) != request['expected']
        took = time.thread_time() - start
        print(f'{label}: {len(requests) / took:,.0f} decisions per CPU-second, {wrong} of {len(requests)} wrong')


if __name__ == '__main__':
    main()
