"""The shipped table of escapes, its part for parallel runs: out of one stream's worktree into all that lies beside it.

In these, `X` is another stream's worktree, `R` the run's own, `G` the git directory that all of them share, and `P` the
person's checkout; `W` is the worktree that they are tried in. See `loki_tui.runtime.escapes` for the rest.
"""

from __future__ import annotations

WORKTREES = {
    "another stream's file": "open(X + '/src/a.py', 'a').write('x')",
    "a new file in another stream": "put(X + '/new.py')",
    "another stream by dots": "os.chdir(W); open('../stream-two/src/a.py', 'a').write('x')",
    "another stream by a link": "os.symlink(X, W + '/beside'); put(W + '/beside/new.py')",
    "another stream by a hard link": "os.link(X + '/src/a.py', W + '/hard'); open(W + '/hard', 'a').write('x')",
    "a rename into another stream": "os.rename(S + '/a.py', X + '/taken.py')",
    "another stream's file taken": "os.rename(X + '/src/a.py', W + '/taken.py')",
    "another stream removed": "sh('rm', '-rf', X)",
    "another stream's secrets": "print(open(X + '/.env').read())",
    "what streams there are": "got(os.path.basename(X) in os.listdir(os.path.dirname(W)))",
    "a stream of one's own": "os.mkdir(os.path.dirname(W) + '/stream-three')",
    "one's own renamed away": "os.rename(W, W + '-old')",
    "the run's file": "open(R + '/src/a.py', 'a').write('x')",
    "a new file of the run's": "put(R + '/new.py')",
    "the run's secrets": "print(open(R + '/.env').read())",
    "the run's worktree exchanged": "got(call((316, 276), -100, W.encode(), -100, R.encode(), 2) == 0)",
    "the person's file": "open(P + '/src/a.py', 'a').write('x')",
    "a new file of the person's": "put(P + '/new.py')",
    "the person's secrets": "print(open(P + '/.env').read())",
    "a hook": "put(G + '/hooks/post-checkout')",
    "the configuration": "open(G + '/config', 'a').write('[core]\\n\\tfsmonitor = x\\n')",
    "the configuration by git": "sh('git', '-C', W, 'config', 'core.fsmonitor', 'x')",
    "a worktree's configuration": "put(G + '/worktrees/stream-one/config.worktree')",
    "the run's branch": "put(G + '/refs/heads/loki/r1', '0' * 40 + '\\n')",
    "the person's branch by git": "sh('git', '-C', P, 'update-ref', '-d', 'refs/heads/main')",
    "the run's branch by git": "sh('git', '-C', W, 'update-ref', '-d', 'refs/heads/loki/r1')",
    "a commit by git": (
        "sh('git', '-C', W, '-c', 'user.name=x', '-c', 'user.email=x', 'commit', '--allow-empty', '-mx')"
    ),
    "a branch by git": "sh('git', '-C', W, 'branch', 'evil')",
    "a worktree by git": "sh('git', '-C', W, 'worktree', 'add', W + '/mine', 'HEAD')",
    "packing by git": "sh('git', '-C', W, 'gc', '--prune=now')",
    "a push by git": "sh('git', '-C', W, 'push', G, 'HEAD:refs/heads/evil')",
    "packed refs": "put(G + '/packed-refs')",
    "a lock that stays": "put(G + '/index.lock')",
    "an object": "os.makedirs(G + '/objects/ff'); put(G + '/objects/ff/' + 'f' * 38)",
    "objects that are borrowed": "put(G + '/objects/info/alternates', S)",
    "objects removed": "sh('rm', '-rf', G + '/objects')",
    "one's own HEAD": "put(G + '/worktrees/stream-one/HEAD', 'ref: refs/heads/main\\n')",
    "what one's own is for": "put(G + '/worktrees/stream-one/loki.json', '{}')",
    "another stream's index": "open(G + '/worktrees/stream-two/index', 'a').write('x')",
    "the git directory renamed": "os.rename(G, G + '2')",
    "a link in place of hooks": "shutil.rmtree(G + '/hooks'); os.symlink(S, G + '/hooks')",
    "the state of other runs": "put(ST + '/runs/evil')",
    "the journal": "print(open(ST + '/journal.db').read())",
}
"""Changes to, and secrets of, what lies beside a stream's worktree."""
