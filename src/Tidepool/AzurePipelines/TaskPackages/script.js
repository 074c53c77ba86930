'use strict';
// Runs a script, or a file, with bash.

const { input, write, run, inWorkingDirectory } = require('./shell');

function quoted(text) {
  return "'" + text.replace(/'/g, "'\\''") + "'";
}

function scriptText() {
  return input('targetType').toLowerCase() === 'filepath'
    ? ('. ' + quoted(input('filePath')) + ' ' + input('arguments')).trim()
    : input('script').replace(/\r\n/g, '\n');
}

inWorkingDirectory((folder) => {
  const text = scriptText();
  console.log('Generating script.');
  if (!text.includes('\n')) {
    console.log('Script contents:');
    console.log(text);
  }
  const file = write(text, '.sh');
  console.log('========================== Starting Command Output ===========================');
  run('bash', ['--noprofile', '--norc', file], folder, 'Bash', '');
});
