'use strict';
// Runs a script, or a file, with PowerShell 7 for an agent that hands a task its inputs in the environment. No packages; any Node from 10 on.

const childProcess = require('child_process');
const crypto = require('crypto');
const fs = require('fs');
const os = require('os');
const path = require('path');

const keptErrorLines = 10;

// What an agent puts there for the task itself. A script has no use for it, and some of it are tokens.
const ofTheTask = /^(INPUT_|ENDPOINT_|SECUREFILE_|SECRET_|VSTS_TASKVARIABLE_)/i;

function input(name) {
  return process.env['INPUT_' + name.toUpperCase()] || '';
}

function isTrue(name) {
  return input(name).toLowerCase() === 'true';
}

function escaped(text) {
  return text.replace(/%/g, '%AZP25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function fail(errors) {
  errors.forEach((text) => console.log('##vso[task.logissue type=error]' + escaped(text)));
  console.log('##vso[task.complete result=Failed;]' + escaped(errors[0]));
  process.exitCode = 1;
}

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

function environment() {
  const kept = {};
  Object.keys(process.env).filter((name) => !ofTheTask.test(name)).forEach((name) => { kept[name] = process.env[name]; });
  return kept;
}

function run(folder) {
  const file = path.join(process.env.AGENT_TEMPDIRECTORY || os.tmpdir(), crypto.randomBytes(16).toString('hex') + '.ps1');
  fs.writeFileSync(file, scriptText(), { mode: 0o600 });
  console.log('Generating script.');
  console.log('========================== Starting Command Output ===========================');
  const failsOnError = isTrue('failOnStderr');
  let shell;
  ['SIGINT', 'SIGTERM'].forEach((signal) => process.on(signal, () => {
    try {
      process.kill(-shell.pid, signal);
    } catch (gone) {
      // It ended meanwhile, or did not start.
    }
  }));
  shell = childProcess.spawn('pwsh', ['-NoLogo', '-NoProfile', '-NonInteractive', '-Command', '. ' + quoted(file)], {
    cwd: folder,
    env: environment(),
    detached: true,
    stdio: ['ignore', 'inherit', failsOnError ? 'pipe' : 'inherit'],
  });
  let errorText = '';
  if (failsOnError) {
    shell.stderr.setEncoding('utf8');
    shell.stderr.on('data', (data) => {
      errorText += data;
      process.stderr.write(data);
    });
  }
  shell.on('error', (problem) => fail(['pwsh could not be started: ' + problem.message + '. Install PowerShell 7 where the agent runs.']));
  shell.on('close', (code, signal) => {
    if (shell.pid === undefined) {
      return;
    }
    const errors = [];
    if (code !== 0) {
      errors.push(signal ? "PowerShell was ended by signal '" + signal + "'." : "PowerShell exited with code '" + code + "'.");
    }
    if (errorText.trim() !== '') {
      errors.push('PowerShell wrote one or more lines to the standard error stream.');
      errorText.split('\n').filter((line) => line !== '').slice(0, keptErrorLines).forEach((line) => errors.push(line));
    }
    if (errors.length > 0) {
      fail(errors);
    }
  });
}

const workingDirectory = path.resolve(process.env.SYSTEM_DEFAULTWORKINGDIRECTORY || '.', input('workingDirectory'));
if (fs.existsSync(workingDirectory) && fs.statSync(workingDirectory).isDirectory()) {
  run(workingDirectory);
} else {
  fail(['Not found workingDirectory: ' + workingDirectory]);
}
