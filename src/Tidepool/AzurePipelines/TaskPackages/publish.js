'use strict';
// Publishes a file or a folder as an artifact in the run's file container: the agent uploads it when it reads the command.
// No packages; any Node from 10 on.

const fs = require('fs');
const path = require('path');

function input() {
  return Array.from(arguments).map((name) => process.env['INPUT_' + name.toUpperCase()]).find((value) => value) || '';
}

function escaped(text) {
  return text.replace(/%/g, '%AZP25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function property(text) {
  return escaped(text).replace(/]/g, '%5D').replace(/;/g, '%3B');
}

function fail(text) {
  console.log('##vso[task.logissue type=error]' + escaped(text));
  console.log('##vso[task.complete result=Failed;]' + escaped(text));
  process.exitCode = 1;
}

function main() {
  const place = input('artifactType', 'publishLocation').toLowerCase();
  if (place !== '' && place !== 'pipeline' && place !== 'container') {
    return fail("Publishing artifacts from a Linux or macOS agent to a file share is not supported: the location is '" + place + "'.");
  }
  const wanted = path.resolve(process.env.SYSTEM_DEFAULTWORKINGDIRECTORY || '.', input('path', 'targetPath', 'PathtoPublish'));
  if (!fs.existsSync(wanted)) {
    return fail('Path does not exist: ' + wanted);
  }
  const name = input('artifactName', 'artifact') || [process.env.SYSTEM_STAGENAME, process.env.SYSTEM_JOBNAME].filter(Boolean).join('.') || 'drop';
  if (/[\\/:*?"<>|]/.test(name)) {
    return fail("The name '" + name + "' of the artifact has a character that names must not have: \\ / : * ? \" < > |");
  }
  console.log('##vso[artifact.upload containerfolder=' + property(name) + ';artifactname=' + property(name) + ']' + escaped(wanted));
}

main();
