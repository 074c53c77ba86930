'use strict';
// Runs a script with bash for an agent that hands a task its inputs in the environment. No packages; any Node from 10 on.

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

function error(text) {
  console.log('##vso[task.logissue type=error]' + escaped(text));
}

function fail(errors) {
  errors.forEach(error);
  console.log('##vso[task.complete result=Failed;]' + escaped(errors[0]));
  process.exitCode = 1;
}

function quoted(text) {
  return "'" + text.replace(/'/g, "'\\''") + "'";
}

function scriptText() {
  return input('targetType').toLowerCase() === 'filepath'
    ? ('. ' + quoted(input('filePath')) + ' ' + input('arguments')).trim()
    : input('script').replace(/\r\n/g, '\n');
}

function writeScript(text) {
  const folder = process.env.AGENT_TEMPDIRECTORY || os.tmpdir();
  const file = path.join(folder, crypto.randomBytes(16).toString('hex') + '.sh');
  fs.writeFileSync(file, text, { mode: 0o600 });
  return file;
}

function isFolder(name) {
  return fs.existsSync(name) && fs.statSync(name).isDirectory();
}

function environment() {
  const kept = {};
  Object.keys(process.env).filter((name) => !ofTheTask.test(name)).forEach((name) => { kept[name] = process.env[name]; });
  return kept;
}

function run(folder) {
  const failsOnError = isTrue('failOnStderr');
  const text = scriptText();
  console.log('Generating script.');
  if (!text.includes('\n')) {
    console.log('Script contents:');
    console.log(text);
  }
  const file = writeScript(text);
  console.log('========================== Starting Command Output ===========================');

  // Before the script runs: a signal that comes in between must not end this process and leave the script behind.
  let bash;
  ['SIGINT', 'SIGTERM'].forEach((signal) => process.on(signal, () => {
    try {
      process.kill(-bash.pid, signal);
    } catch (gone) {
      // It ended meanwhile, or did not start.
    }
  }));

  // A process group of its own, so that a signal reaches what the script started too.
  bash = childProcess.spawn('bash', ['--noprofile', '--norc', file], {
    cwd: folder,
    env: environment(),
    detached: true,
    stdio: ['ignore', 'inherit', failsOnError ? 'pipe' : 'inherit'],
  });
  let errorText = '';
  if (failsOnError) {
    bash.stderr.setEncoding('utf8');
    bash.stderr.on('data', (data) => {
      errorText += data;
      process.stderr.write(data);
    });
  }
  bash.on('error', (problem) => fail(['bash could not be started: ' + problem.message]));
  bash.on('close', (code, signal) => {
    if (bash.pid === undefined) {
      return;
    }
    const errors = [];
    if (code !== 0) {
      errors.push(signal ? "Bash was ended by signal '" + signal + "'." : "Bash exited with code '" + code + "'.");
    }
    if (errorText.trim() !== '') {
      errors.push('Bash wrote one or more lines to the standard error stream.');
      errorText.split('\n').filter((line) => line !== '').slice(0, keptErrorLines).forEach((line) => errors.push(line));
    }
    if (errors.length > 0) {
      fail(errors);
    }
  });
}

const workingDirectory = path.resolve(process.env.SYSTEM_DEFAULTWORKINGDIRECTORY || '.', input('workingDirectory'));
if (isFolder(workingDirectory)) {
  run(workingDirectory);
} else {
  fail(['Not found workingDirectory: ' + workingDirectory]);
}
