'use strict';
// Runs a script, or a file, with PowerShell 7.

const os = require('os');
const { input, isTrue, write, run, inWorkingDirectory } = require('./shell');

function quoted(text) {
  return "'" + text.replace(/'/g, "''") + "'";
}

function scriptText() {
  const own = input('targetType').toLowerCase() === 'inline'
    ? input('script')
    : ('. ' + quoted(input('filePath')) + ' ' + input('arguments')).trim();
  const lines = ['$ErrorActionPreference = ' + quoted(input('errorActionPreference') || 'stop'), own];
  if (!isTrue('ignoreLASTEXITCODE')) {
    lines.push('if (Test-Path -LiteralPath variable:\\LASTEXITCODE) { exit $LASTEXITCODE }');
  }
  return '\uFEFF' + lines.join(os.EOL) + os.EOL;
}

inWorkingDirectory((folder) => {
  const file = write(scriptText(), '.ps1');
  console.log('Generating script.');
  console.log('========================== Starting Command Output ===========================');
  const args = ['-NoLogo', '-NoProfile', '-NonInteractive', '-Command', '. ' + quoted(file)];
  run('pwsh', args, folder, 'PowerShell', '. Install PowerShell 7 where the agent runs.');
});
