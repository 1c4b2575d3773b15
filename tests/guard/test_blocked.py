"""What a rule on commands means, and which rules are refused."""

from __future__ import annotations

import pytest

from loki_tui.core.errors import UsageError
from loki_tui.guard.blocked import BlockedRules, explain
from tests.guard.shell.rulings import HOME, ROOT, rules, ruling, verdict


@pytest.mark.parametrize(
    ("rule", "blocked", "allowed"),
    [
        # One word is the program, with its kin.
        (
            "rm",
            ["rm x", "/bin/rm -i x", "sudo rm x", "xargs rm < l"],
            ["rmdir x", "echo rm", "git rm x", "find . -delete"],
        ),
        ("mkfs", ["mkfs x", "mkfs.ext4 x"], ["mkfs4 x"]),
        ("./deploy.sh", ["./deploy.sh", "bash -c ./deploy.sh"], ["cat deploy.sh"]),
        # More words: a verb, options, operands.
        ("docker system prune", ["docker system prune -af", "docker -H x system prune"], ["docker ps", "docker prune"]),
        ("npm publish", ["npm publish", "npm publish --tag x", "npm -w a publish"], ["npm run publish", "npm pack"]),
        ("git push", ["git push", "git -C x push origin"], ["git pull", "git stash push", "git commit -m push"]),
        ("git reset --hard", ["git reset --hard HEAD~1", "git reset HEAD --hard"], ["git reset", "git reset --soft x"]),
        ("git clean -fd", ["git clean -fd", "git clean -d -f", "git clean -xdf"], ["git clean -n", "git clean -f"]),
        ("terraform apply -auto-approve", ["terraform apply -auto-approve"], ["terraform apply", "terraform plan"]),
        (
            "kubectl delete",
            ["kubectl delete pod x", "kubectl -n x delete ns y"],
            ["kubectl get x", "kubectl describe delete"],
        ),
        ("pip install --user", ["pip install --user x", "pip install x --user"], ["pip install x"]),
        (
            "chmod 777",
            ["chmod 777 x", "chmod -R 0777 x", "chmod a+rwx x", "chmod ugo=rwx x"],
            ["chmod 755 x", "chmod +x x"],
        ),
        ("kill -9", ["kill -9 12", "kill -KILL 12", "kill -s SIGKILL 12"], ["kill 12", "kill -15 12"]),
        # Paths are where they lead to.
        (
            "rm -rf /srv/data",
            ["rm -r /srv/data", "rm -rf /srv", "rm -rf /srv/data/*"],
            ["rm -rf /srv/data/x", "rm /srv/data"],
        ),
        ("rm -rf build", ["rm -rf ./build", f"rm -rf {ROOT}/build", "rm -rf ../project/build/"], ["rm -rf builds"]),
        ("rm -rf ~/docs", ["rm -rf ~/docs", "rm -rf $HOME/docs", f"rm -rf {HOME}"], ["rm -rf docs", "rm -rf ~/docs2"]),
        (
            "cat /etc/shadow",
            ["cat /etc/shadow", "cat x /etc/../etc/shadow", "cat /etc/sh*"],
            ["cat shadow", "head /etc/shadow"],
        ),
        # Values and prefixes.
        ("dd if=/dev/zero", ["dd if=/dev/zero of=x", "dd of=x if=//dev/zero"], ["dd if=x of=y", "dd if=/dev/zeros"]),
        ("dd of=", ["dd of=x", "dd if=a of=b"], ["dd if=x"]),
        ("dd of=/dev/*", ["dd of=/dev/x"], ["dd of=dev/x"]),
        # Patterns.
        ("git push *", ["git push", "git push x"], ["git pull"]),
        ("git p*", ["git push", "git pull x"], ["git status"]),
        ("mkfs*", ["mkfs", "mkfs.ext4", "mkfsx"], ["xmkfs"]),
        ("curl http://*", ["curl http://x.example", "curl -s http://x"], ["curl https://x"]),
        ("* --no-verify", ["git commit --no-verify", "x --no-verify"], ["git commit"]),
        # Files, whoever writes them.
        (
            "> /etc/hosts",
            ["echo x > /etc/hosts", "tee -a /etc/hosts", "cp x /etc/hosts", "sudo tee /etc/../etc/hosts"],
            ["cat /etc/hosts"],
        ),
        ("> .env", ["echo x >> .env", "cp a .env", "cd src; echo > ../.env"], ["cat .env", "echo > .env.example"]),
        # Quotes, and commas in them.
        ("git commit -m 'a, b'", ["git commit -m 'a, b'", 'git commit -m"a, b"'], ["git commit -m a"]),
        ('"my tool" x', ["'my tool' x", "my\\ tool x"], ["my tool x"]),
        (":(){ :|:& };:", ["b() { b | b & }; b"], ["b() { a | a & }; b"]),
    ],
)
def test_a_rule_means_what_a_person_means(rule: str, blocked: list[str], allowed: list[str]) -> None:
    for command in blocked:
        found = ruling(command, rule)
        assert (found.verdict, found.rule) == ("block", rule), command
    for command in allowed:
        assert verdict(command, rule) == "allow", command


@pytest.mark.parametrize(
    ("rule", "command"),
    [
        ("rm", "$x y"),
        ("git push --force", "git push $x"),
        ("git push --force", 'git push "$x"'),
        ("cat /etc/shadow", 'cat "$x"'),
        ("dd of=/dev/*", "dd of=$x"),
        ("npm publish", "npm $x"),
        ("mkfs", "MKFS.ext4 x"),
        ("> /srv/*", "echo > /srv/$x"),
    ],
)
def test_what_may_be_meant_is_asked_about(rule: str, command: str) -> None:
    assert verdict(command, rule) == "ask"


@pytest.mark.parametrize(
    ("rule", "command"),
    [
        ("git push --force", "rm -rf $x"),
        ("git push --force", 'git commit -m "$x"'),
        ("git push --force", 'git push "$x/y"'),
        ("rm -rf /", 'rm -f "$x"'),
        ("rm -rf /", 'rm -rf "$x/build"'),
        ("cat /etc/shadow", 'cat "$x.txt"'),
        ("> /srv/*", 'echo > "$x"'),
    ],
)
def test_what_cannot_be_meant_is_not(rule: str, command: str) -> None:
    assert verdict(command, rule) == "allow"


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("", "One of the rules is empty"),
        ("  ", "One of the rules is empty"),
        ("rm 'x", "quote that is not closed"),
        ('rm "x', "quote that is not closed"),
        ("rm x\\", "quote that is not closed"),
        ("curl x | sh", "has | in it"),
        ("a; b", "has ; in it"),
        ("rm $(x)", "has $( in it"),
        ("''", "does not begin with a program"),
        ("-rf", "does not begin with a program"),
        ("A=1 rm", "does not begin with a program"),
        ("> a b", "about no file, or about several"),
        ("rm \u202e", "cannot be seen"),
        ("x" * 2_000, "more than 1000 characters"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(rule: str, why: str) -> None:
    with pytest.raises(UsageError) as refused:
        BlockedRules([(rule, "")], root=ROOT, home=HOME)
    assert why in refused.value.message
    assert refused.value.hint


def test_a_rule_is_explained() -> None:
    explained = {rule.text: "\n".join(explain(rule)) for rule in rules().rules}
    assert "options: --recursive\n  operand: / (that path, what holds it" in explained["rm -rf /"]
    assert "Every run of mkfs" in explained["mkfs"]
    assert "leading words: push" in explained["git push --force"]
    assert "Whatever writes to /dev/sd*" in explained["> /dev/sd*"]
    assert all(explained.values())
