'use strict';
// What the programs for bash and for PowerShell share: an agent hands a task its inputs in the environment. No packages; any Node from 10 on.

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

function environment() {
  const kept = {};
  Object.keys(process.env).filter((name) => !ofTheTask.test(name)).forEach((name) => { kept[name] = process.env[name]; });
  return kept;
}

function isFolder(name) {
  return fs.existsSync(name) && fs.statSync(name).isDirectory();
}

// A file for a script, which only this user can read.
function write(text, ending) {
  const file = path.join(process.env.AGENT_TEMPDIRECTORY || os.tmpdir(), crypto.randomBytes(16).toString('hex') + ending);
  fs.writeFileSync(file, text, { mode: 0o600 });
  return file;
}

// Runs a program for the step. Its name is what errors call it; missing is what to say beside the system's words where it cannot be started.
function run(program, args, folder, name, missing) {
  const failsOnError = isTrue('failOnStderr');

  // Before the script runs: a signal that comes in between must not end this process and leave the script behind.
  let shell;
  ['SIGINT', 'SIGTERM'].forEach((signal) => process.on(signal, () => {
    try {
      process.kill(-shell.pid, signal);
    } catch (gone) {
      // It ended meanwhile, or did not start.
    }
  }));

  // A process group of its own, so that a signal reaches what the script started too.
  shell = childProcess.spawn(program, args, {
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
  shell.on('error', (problem) => fail([program + ' could not be started: ' + problem.message + missing]));
  shell.on('close', (code, signal) => {
    if (shell.pid === undefined) {
      return;
    }
    const errors = [];
    if (code !== 0) {
      errors.push(signal ? name + " was ended by signal '" + signal + "'." : name + " exited with code '" + code + "'.");
    }
    if (errorText.trim() !== '') {
      errors.push(name + ' wrote one or more lines to the standard error stream.');
      errorText.split('\n').filter((line) => line !== '').slice(0, keptErrorLines).forEach((line) => errors.push(line));
    }
    if (errors.length > 0) {
      fail(errors);
    }
  });
}

// Calls begin with the folder that the step is to run in.
function inWorkingDirectory(begin) {
  const folder = path.resolve(process.env.SYSTEM_DEFAULTWORKINGDIRECTORY || '.', input('workingDirectory'));
  if (isFolder(folder)) {
    begin(folder);
  } else {
    fail(['Not found workingDirectory: ' + folder]);
  }
}

module.exports = { input, isTrue, write, run, inWorkingDirectory };
