import { describe, expect, it } from 'vitest';
import { dynamicWord } from '../../src/command/dynamic-word.ts';
import { unknownInteger } from '../../src/command/model.ts';
import { compileArgvPattern } from '../../src/policy/argv-pattern.ts';
import { certain, no, plausible } from '../../src/policy/certainty.ts';
import { word } from '../support/models.ts';

function match(pattern: string, text: string, side: 'may-be-options' | 'not-options' = 'not-options', unseen = false) {
  const result = compileArgvPattern(pattern, side);
  if (result.kind === 'bad') throw new Error(result.message);
  return result.pattern.match(text.split(' ').map(word), unseen);
}

describe('a command pattern', () => {
  it.each([
    ['systemctl restart {nginx,caddy}', 'systemctl restart caddy', certain],
    ['systemctl restart {nginx,caddy}', 'systemctl restart sshd', no],
    ['systemctl restart nginx', 'systemctl restart nginx --now', no],
    ['systemctl restart nginx', '/usr/bin/systemctl restart nginx', certain],
    ['systemctl restart nginx', '/tmp/systemctl restart nginx', no],
    ['git log **', 'git log', certain],
    ['git log **', 'git log -p a b', certain],
    ['git log **', 'git push', no],
    ['cp ** /srv/app', 'cp a b /srv/app', certain],
    ['cp ** /srv/app', 'cp a b /etc', no],
    ['cat *', 'cat notes', certain],
    ['cat *', 'cat -x', no],
    ['cat -*', 'cat -x', certain],
    ['cat *.log', 'cat a.log', certain],
    ['cat a*b*c', 'cat a1b2b3c', certain],
    ['cat a*a', 'cat a', no],
    ['cat *', 'cat $x', plausible],
    ['cat /srv/*', 'cat /srv/$x', plausible],
    ['cat /srv/*', 'cat /etc/$x', no],
    ['cat "two words"', 'cat two', no],
  ])('%s on %s is %i', (pattern, text, wanted) => {
    expect(match(pattern, text)).toBe(wanted);
  });

  it.each([
    {
      name: 'a program anywhere is refused by its last segment',
      pattern: 'rm **',
      text: '/tmp/rm -rf x',
      wanted: certain,
    },
    { name: 'a star is an option too', pattern: 'rm * /srv', text: 'rm -rf /srv', wanted: certain },
    { name: 'a name that is not known may be it', pattern: 'rm **', text: '$x -rf', wanted: plausible },
  ])('of a deny rule: $name', ({ pattern, text, wanted }) => {
    expect(match(pattern, text, 'may-be-options')).toBe(wanted);
  });

  it.each([
    { pattern: 'make ** *{deploy,install}* **', shape: `-j${unknownInteger}`, wanted: no },
    { pattern: 'make ** *{deploy,install}* **', shape: `deploy-${unknownInteger}`, wanted: plausible },
    { pattern: 'make -j8', shape: `-j${unknownInteger}`, wanted: plausible },
    { pattern: 'make -j*', shape: unknownInteger, wanted: plausible },
    { pattern: 'make j*', shape: unknownInteger, wanted: no },
  ])('$pattern on a word with integers in it is $wanted', ({ pattern, shape, wanted }) => {
    const prefix = shape.slice(0, shape.indexOf(unknownInteger));
    const numbered = dynamicWord({ why: 'substitution', prefix, raw: '$(nproc)', span: [0, 0], shape });
    const result = compileArgvPattern(pattern, 'may-be-options');
    expect(result.kind === 'pattern' && result.pattern.match([word('make'), numbered], false)).toBe(wanted);
  });

  it.each([
    { glob: '/srv/*.gz', wanted: certain },
    { glob: '/srv/.a*', wanted: certain },
    // To dash and an older bash these are `/srv/..` as well.
    { glob: '/srv/.*', wanted: plausible },
    { glob: '/srv/.*.*', wanted: plausible },
    { glob: '/srv/..*', wanted: plausible },
    { glob: '/srv/.*/x', wanted: plausible },
  ])('of $glob on the same glob of the shell is $wanted', ({ glob, wanted }) => {
    const prefix = glob.slice(0, glob.indexOf('*'));
    const same = dynamicWord({ why: 'glob', prefix, raw: glob, span: [0, 0] });
    const result = compileArgvPattern(`rm ${glob}`, 'not-options');
    expect(result.kind === 'pattern' && result.pattern.match([word('rm'), same], false)).toBe(wanted);
  });

  it('may match words nobody has seen', () => {
    expect(match('rm -rf *', 'rm -rf', 'may-be-options', true)).toBe(plausible);
    expect(match('rm -rf /srv /etc', 'rm -rf', 'may-be-options', true)).toBe(plausible);
    expect(match('rm -rf', 'rm -rf', 'may-be-options', true)).toBe(plausible);
    expect(match('ls *', 'rm -rf', 'may-be-options', true)).toBe(no);
  });

  it.each(['', 'a; b', 'a | b', 'a > b', 'a $x', 'a `b`', 'a\nb', 'a {b', 'a # b', 'a && b', 'a "$x"'])(
    '%j is refused',
    (text) => {
      expect(compileArgvPattern(text, 'not-options').kind).toBe('bad');
    },
  );
});
