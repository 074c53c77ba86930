'use strict';
// Downloads artifacts of this run, or of another one, out of the file containers of the service. No packages; any Node from 10 on.

const fs = require('fs');
const http = require('http');
const https = require('https');
const path = require('path');
const url = require('url');

const atOnce = 4;

function input() {
  return Array.from(arguments).map((name) => process.env['INPUT_' + name.toUpperCase()]).find((value) => value) || '';
}

function isTrue(name) {
  return input(name).toLowerCase() === 'true';
}

function escaped(text) {
  return text.replace(/%/g, '%AZP25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

const organization = (process.env.ENDPOINT_URL_SYSTEMVSSCONNECTION || '').replace(/\/$/, '');
const project = process.env.SYSTEM_TEAMPROJECTID || process.env.SYSTEM_TEAMPROJECT || '';

function token() {
  const alone = process.env.ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN;
  const all = process.env.ENDPOINT_AUTH_SYSTEMVSSCONNECTION;
  return alone || (all ? JSON.parse(all).parameters.AccessToken : '');
}

function ask(address, accept) {
  return new Promise((resolve, reject) => {
    const parts = url.parse(address);
    const request = (parts.protocol === 'https:' ? https : http).get(
      { hostname: parts.hostname, port: parts.port, path: parts.path, headers: { Authorization: 'Bearer ' + token(), Accept: accept } },
      (answer) => {
        if (answer.statusCode === 200) {
          resolve(answer);
          return;
        }
        answer.resume();
        reject(new Error('The service answered ' + answer.statusCode + ' to ' + parts.pathname));
      });
    request.on('error', reject);
  });
}

function json(address) {
  return ask(address, 'application/json').then((answer) => new Promise((resolve, reject) => {
    let text = '';
    answer.setEncoding('utf8');
    answer.on('data', (data) => { text += data; });
    answer.on('error', reject);
    answer.on('end', () => resolve(JSON.parse(text)));
  }));
}

// Patterns as in a/**/b*.txt, one a line; a line that begins with ! leaves out what the lines before took.
function matcher(patterns) {
  const lines = patterns.split('\n').map((line) => line.trim()).filter((line) => line !== '' && line[0] !== '#');
  const rules = (lines.length > 0 ? lines : ['**']).map((line) => {
    const isOut = line[0] === '!';
    const text = (isOut ? line.slice(1) : line).replace(/^\.?\//, '');
    const source = text.split('/').map((name, index, all) => {
      if (name === '**') {
        return index === all.length - 1 ? '.*' : '(?:.*/)?';
      }
      const one = name.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '[^/]*').replace(/\?/g, '[^/]');
      return one + (index < all.length - 1 ? '/' : '');
    }).join('');
    return { isOut, expression: new RegExp('^' + source + '$') };
  });
  return (name) => rules.reduce((taken, rule) => (rule.expression.test(name) ? !rule.isOut : taken), false);
}

function newestRun(pipeline) {
  const version = input('runVersion', 'buildVersionToDownload').toLowerCase();
  const results = ['succeeded']
    .concat(isTrue('allowPartiallySucceededBuilds') ? ['partiallySucceeded'] : [])
    .concat(isTrue('allowFailedBuilds') ? ['failed'] : []);
  const query = [
    'definitions=' + pipeline, 'statusFilter=completed', 'resultFilter=' + results.join(','), 'queryOrder=finishTimeDescending', '$top=1',
    version === 'latestfrombranch' ? 'branchName=' + encodeURIComponent(input('runBranch', 'branchName')) : '',
    input('tags') ? 'tagFilters=' + encodeURIComponent(input('tags')) : '',
  ].filter(Boolean).join('&');
  return json(organization + '/' + project + '/_apis/build/builds?' + query).then((found) => {
    if (found.count === 0) {
      throw new Error('Latest build not found');
    }
    return found.value[0].id;
  });
}

function findRun() {
  const source = (input('source', 'buildType', 'alias') || 'current').toLowerCase();
  if (source === 'current') {
    return Promise.resolve(process.env.BUILD_BUILDID);
  }
  if (input('runVersion', 'buildVersionToDownload').toLowerCase() === 'specific') {
    return Promise.resolve(input('runId', 'pipelineId', 'buildId'));
  }
  const pipeline = input('pipeline', 'definition');
  if (/^\d+$/.test(pipeline)) {
    return newestRun(pipeline);
  }
  return json(organization + '/' + project + '/_apis/build/definitions?name=' + encodeURIComponent(pipeline)).then((found) => {
    if (found.count === 0) {
      throw new Error("Definition name " + pipeline + " didn't correspond to a valid definition");
    }
    return newestRun(found.value[0].id);
  });
}

function inside(folder, name) {
  const file = path.resolve(folder, name);
  if (file !== folder && !file.startsWith(folder + path.sep)) {
    throw new Error('The service named a file outside of its artifact: ' + name);
  }
  return file;
}

function save(item, file) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const address = organization + '/_apis/resources/Containers/' + item.containerId + '?itemPath=' + encodeURIComponent(item.path) + '&$format=OctetStream';
  return ask(address, 'application/octet-stream').then((answer) => new Promise((resolve, reject) => {
    const target = fs.createWriteStream(file);
    answer.on('error', reject);
    target.on('error', reject);
    target.on('close', resolve);
    answer.pipe(target);
  }));
}

function downloadAll(artifact, folder, takes) {
  const place = /^#\/(\d+)\/?(.*)$/.exec(artifact.resource.data || '');
  if (artifact.resource.type.toLowerCase() !== 'container' || !place) {
    console.log('Artifact ' + artifact.name + ' is of the type ' + artifact.resource.type + '; only what is in a container can be downloaded.');
    return Promise.resolve(0);
  }
  const address = organization + '/_apis/resources/Containers/' + place[1] + '?itemPath=' + encodeURIComponent(place[2]);
  return json(address).then((listed) => {
    const wanted = listed.value
      .filter((item) => item.itemType === 'file')
      .map((item) => ({ item, name: item.path.slice(place[2].length).replace(/^\//, '') || path.posix.basename(item.path) }))
      .filter((found) => takes(found.name, artifact.name));
    const left = wanted.slice();
    const next = () => {
      const found = left.shift();
      return found ? save(found.item, inside(folder, found.name)).then(next) : Promise.resolve();
    };
    return Promise.all(Array.from({ length: atOnce }, next)).then(() => wanted.length);
  });
}

function main() {
  // Those of the pipelines' own kind put one artifact right into the folder; those of builds into one of its name.
  const isOfBuilds = input('downloadPath') !== '' && process.env.INPUT_PATH === undefined;
  const one = !isOfBuilds || (input('downloadType') || 'single').toLowerCase() === 'single' ? input('artifact', 'artifactName') : '';
  const workspace = process.env.PIPELINE_WORKSPACE || process.env.AGENT_BUILDDIRECTORY || '.';
  const target = path.resolve(workspace, input('path', 'targetPath', 'downloadPath'));
  const matches = matcher(input('patterns', 'itemPattern'));
  const takes = (name, artifact) => matches(name) || matches(artifact + '/' + name);
  return findRun().then((run) => json(organization + '/' + project + '/_apis/build/builds/' + run + '/artifacts').then((listed) => {
    const wanted = listed.value.filter((artifact) => one === '' || artifact.name.toLowerCase() === one.toLowerCase());
    if (wanted.length === 0) {
      throw new Error(one === '' ? 'No artifacts found for build ' + run : 'Artifact ' + one + ' was not found for build ' + run + '.');
    }
    return wanted.reduce((before, artifact) => before.then((count) => {
      const folder = one !== '' && !isOfBuilds ? target : path.join(target, artifact.name);
      return downloadAll(artifact, folder, takes).then((more) => count + more);
    }), Promise.resolve(0)).then((count) => {
      console.log('Downloaded ' + count + (count === 1 ? ' file' : ' files') + ' of run ' + run + ' to ' + target);
      if (isOfBuilds) {
        console.log('##vso[task.setvariable variable=BuildNumber;isOutput=true]' + run);
      }
    });
  }));
}

main().catch((problem) => {
  console.log('##vso[task.logissue type=error]' + escaped(problem.message));
  console.log('##vso[task.complete result=Failed;]' + escaped(problem.message));
  process.exitCode = 1;
});
