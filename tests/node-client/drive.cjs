'use strict';
// Drives a service from its projects to a retried stage with azure-devops-node-api, and checks what the client makes of the answers.
// Usage: node drive.cjs ORGANIZATION_URL; the token is in TIDEPOOL_TOKEN, the client on NODE_PATH.

const assert = require('node:assert/strict');
const { setTimeout: delay } = require('node:timers/promises');
const azdev = require('azure-devops-node-api');
const build = require('azure-devops-node-api/interfaces/BuildInterfaces');
const taskAgent = require('azure-devops-node-api/interfaces/TaskAgentInterfaces');
const pipelines = require('azure-devops-node-api/interfaces/PipelinesInterfaces');

const project = 'tidepool';
const limit = 20000;

async function until(what, ask, isDone) {
  const end = Date.now() + limit;
  for (;;) {
    const answer = await ask();
    if (isDone(answer)) {
      return answer;
    }
    assert.ok(Date.now() < end, `${what} did not come: ${JSON.stringify(answer)}`);
    await delay(20);
  }
}

async function text(stream) {
  const chunks = [];
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks);
}

async function poolAndAgents(connection) {
  const api = await connection.getTaskAgentApi();
  const [pool, ...others] = await api.getAgentPools('fargate', undefined, taskAgent.TaskAgentPoolType.Automation);
  assert.deepEqual([pool.name, pool.poolType, others.length], ['fargate', taskAgent.TaskAgentPoolType.Automation, 0]);
  assert.equal((await api.getAgentPool(pool.id)).name, 'fargate');
  assert.deepEqual(await api.getAgentPools('none'), []);

  const [agent] = await api.getAgents(pool.id, undefined, true, true, true);
  assert.deepEqual([agent.name, agent.status, agent.enabled], ['a', taskAgent.TaskAgentStatus.Online, true]);
  assert.equal(agent.systemCapabilities.COLOUR, 'blue');
  assert.equal((await api.updateAgent({ id: agent.id, enabled: false }, pool.id, agent.id)).enabled, false);
  assert.equal((await api.updateAgent({ id: agent.id, enabled: true }, pool.id, agent.id)).enabled, true);
  await api.updateAgentUserCapabilities({ TEAM: 'web' }, pool.id, agent.id);
  assert.deepEqual((await api.getAgent(pool.id, agent.id, true)).userCapabilities, { TEAM: 'web' });
  assert.deepEqual((await api.getAgents(pool.id, undefined, false, false, false, undefined, ['TEAM -equals web'])).map((found) => found.name), ['a']);

  const [queue] = await api.getAgentQueues(project, 'fargate');
  assert.deepEqual([queue.name, queue.pool.id], ['fargate', pool.id]);
  assert.equal((await api.getAgentQueue(queue.id, project)).name, 'fargate');
  assert.ok((await api.getTaskDefinitions()).some((task) => task.name === 'CmdLine'));
  return { api, pool, agent };
}

async function repository(connection) {
  const api = await connection.getGitApi();
  const [found] = await api.getRepositories(project);
  assert.equal(found.name, 'site');
  const refs = await api.getRefs(found.id, project, 'heads/');
  assert.deepEqual(refs.map((ref) => ref.name), ['refs/heads/main']);
  assert.match((await text(await api.getItemText(found.id, 'azure-pipelines.yml', project))).toString(), /parameters:/);
  assert.equal((await api.getCommits(found.id, {}, project))[0].commitId, refs[0].objectId);
  return { id: found.id, commit: refs[0].objectId };
}

async function wholeRun(connection, pipelineId, repositoryFacts, tasks) {
  const runs = await connection.getPipelinesApi();
  const builds = await connection.getBuildApi();
  const queued = await runs.runPipeline(
    {
      resources: { repositories: { self: { refName: 'refs/heads/main' } } },
      templateParameters: { colour: 'green' },
      variables: { shape: { value: 'round' }, word: { value: 'hush', isSecret: true } },
    },
    project,
    pipelineId);
  assert.equal(queued.state, pipelines.RunState.InProgress);
  const ended = await until('the end of the run', () => builds.getBuild(project, queued.id), (found) => found.status === build.BuildStatus.Completed);
  assert.deepEqual([ended.result, ended.sourceVersion, ended.buildNumber], [build.BuildResult.Succeeded, repositoryFacts.commit, 'released-1']);
  assert.deepEqual(ended.tags, ['green']);
  assert.equal((await runs.getRun(project, pipelineId, queued.id)).result, pipelines.RunResult.Succeeded);
  assert.deepEqual((await runs.listRuns(project, pipelineId)).map((run) => run.id), [queued.id]);

  const timeline = await builds.getBuildTimeline(project, queued.id);
  assert.deepEqual(new Set(timeline.records.map((record) => record.type)), new Set(['Stage', 'Phase', 'Job', 'Task']));
  const step = timeline.records.find((record) => record.name === 'say it');
  assert.deepEqual([step.state, step.result], [build.TimelineRecordState.Completed, build.TaskResult.Succeeded]);
  const logs = await builds.getBuildLogs(project, queued.id);
  assert.equal(logs[0].id, step.log.id);
  assert.deepEqual(await builds.getBuildLogLines(project, queued.id, step.log.id, 2, 2), ['green round ***']);
  assert.match((await text(await builds.getBuildLogsZip(project, queued.id))).subarray(0, 2).toString(), /^PK/);

  const [artifact] = await builds.getArtifacts(project, queued.id);
  assert.deepEqual([artifact.name, artifact.resource.type], ['drop', 'Container']);
  assert.match((await text(await builds.getArtifactContentZip(project, queued.id, 'drop'))).toString('latin1'), /drop\/inner\/a\.txt/);
  const containers = await connection.getFileContainerApi();
  const items = await containers.getItems(queued.id, undefined, 'drop');
  assert.deepEqual(items.map((item) => item.path), ['drop', 'drop/inner', 'drop/inner/a.txt']);
  const item = await containers.getItem(queued.id, undefined, 'drop/inner/a.txt');
  assert.equal((await text(item.result)).toString(), 'content of a');

  assert.deepEqual(await builds.addBuildTag(project, queued.id, 'kept'), ['green', 'kept']);
  assert.deepEqual(await builds.getTags(project), ['green', 'kept']);
  assert.deepEqual(await builds.getBuildChanges(project, queued.id), []);
  await builds.updateBuildProperties(null, [{ op: 'add', path: '/owner', value: 'web' }], project, queued.id);
  assert.equal((await builds.getBuildProperties(project, queued.id)).value.owner, 'web');
  const byTag = await builds.getBuilds(
    project, [pipelineId], undefined, undefined, undefined, undefined, undefined, undefined, build.BuildStatus.Completed,
    build.BuildResult.Succeeded, ['kept']);
  assert.deepEqual(byTag.map((found) => found.id), [queued.id]);
  assert.deepEqual((await builds.getDefinitions(project, 'ci')).map((found) => found.id), [pipelineId]);
  const [last] = await tasks.api.getAgents(tasks.pool.id, 'a', false, true, true);
  assert.equal(last.lastCompletedRequest.result, taskAgent.TaskResult.Succeeded);
  assert.equal((await tasks.api.getAgentRequestsForAgent(tasks.pool.id, tasks.agent.id)).length, 1);
}

async function variableGroup(tasks) {
  const wanted = {
    name: 'shore',
    type: 'Vsts',
    variables: { colour: { value: 'teal' }, key: { value: 'hush', isSecret: true } },
    variableGroupProjectReferences: [{ name: 'shore', projectReference: { name: project } }],
  };
  const made = await tasks.api.addVariableGroup(wanted);
  assert.deepEqual([made.name, made.variables.colour.value, made.variables.key.value], ['shore', 'teal', null]);
  const changed = await tasks.api.updateVariableGroup({ ...wanted, description: 'of the sea' }, made.id);
  assert.equal(changed.description, 'of the sea');
  assert.deepEqual((await tasks.api.getVariableGroups(project, 'sh*')).map((found) => found.id), [made.id]);
  assert.deepEqual((await tasks.api.getVariableGroupsById(project, [made.id])).map((found) => found.name), ['shore']);
  assert.equal((await tasks.api.getVariableGroup(project, made.id)).variables.key.isSecret, true);
  await tasks.api.deleteVariableGroup(made.id, [project]);
  assert.deepEqual(await tasks.api.getVariableGroups(project), []);
}

async function preview(connection, pipelineId) {
  const runs = await connection.getPipelinesApi();
  const { finalYaml } = await runs.preview({ previewRun: true, templateParameters: { colour: 'green' } }, project, pipelineId);
  assert.match(finalYaml, /script: echo green \$\(shape\)/);
  const other = await runs.preview({ previewRun: true, yamlOverride: 'steps:\n- bash: echo ${{ 1 }}\n' }, project, pipelineId);
  assert.match(other.finalYaml, /task: Bash@3/);
  await assert.rejects(runs.preview({ previewRun: true, yamlOverride: 'colour: red' }, project, pipelineId), /Unexpected value 'colour'/);
}

async function cancelledRun(connection, pipelineId) {
  const builds = await connection.getBuildApi();
  const queued = await builds.queueBuild({ definition: { id: pipelineId }, parameters: JSON.stringify({ wait: 'true' }) }, project);
  await until(
    'the start of the step', () => builds.getBuildTimeline(project, queued.id),
    (found) => found.records.some((record) => record.name === 'say it' && record.state === build.TimelineRecordState.InProgress));
  await builds.updateBuild({ status: build.BuildStatus.Cancelling }, project, queued.id);
  const ended = await until('the end of the cancelled run', () => builds.getBuild(project, queued.id), (found) => found.status === build.BuildStatus.Completed);
  assert.equal(ended.result, build.BuildResult.Canceled);
}

async function cancelledStage(connection, pipelineId) {
  const builds = await connection.getBuildApi();
  const queued = await builds.queueBuild({ definition: { id: pipelineId }, parameters: JSON.stringify({ wait: 'true' }) }, project);
  const running = await until(
    'the start of the step', () => builds.getBuildTimeline(project, queued.id),
    (found) => found.records.some((record) => record.name === 'say it' && record.state === build.TimelineRecordState.InProgress));
  assert.deepEqual(running.records.filter((record) => record.task).map((record) => record.task.name), ['CmdLine']);
  await builds.updateStage({ state: build.StageUpdateType.Cancel }, queued.id, '__default', project);
  const ended = await until('the end of the cancelled stage', () => builds.getBuild(project, queued.id), (found) => found.status === build.BuildStatus.Completed);
  assert.equal(ended.result, build.BuildResult.Canceled);
}

async function retriedStage(connection, pipelineId) {
  const builds = await connection.getBuildApi();
  const isCompleted = (found) => found.status === build.BuildStatus.Completed;
  const queued = await builds.queueBuild({ definition: { id: pipelineId }, parameters: JSON.stringify({ fail: 'true' }) }, project);
  const failed = await until('the end of the failed run', () => builds.getBuild(project, queued.id), isCompleted);
  assert.equal(failed.result, build.BuildResult.Failed);
  await builds.updateStage({ state: build.StageUpdateType.Retry }, queued.id, '__default', project);
  const ended = await until(
    'the end of the retried run', () => builds.getBuild(project, queued.id), (found) => isCompleted(found) && found.result === build.BuildResult.Succeeded);
  assert.equal(ended.id, queued.id);
  await assert.rejects(builds.updateStage({ state: build.StageUpdateType.Retry }, queued.id, '__default', project), /has no job that failed/);
}

async function refusals(connection) {
  const builds = await connection.getBuildApi();
  assert.equal(await builds.getBuild(project, 999), null);
  assert.equal(await builds.queueBuild({ definition: { id: 999 } }, project), null);
  const runs = await connection.getPipelinesApi();
  await assert.rejects(runs.runPipeline({ templateParameters: { none: 'x' } }, project, 1), /none/);
}

async function main() {
  const connection = new azdev.WebApi(process.argv[2], azdev.getPersonalAccessTokenHandler(process.env.TIDEPOOL_TOKEN));
  assert.ok((await connection.connect()).instanceId);
  const core = await connection.getCoreApi();
  const [found] = await core.getProjects();
  assert.equal((await core.getProject(found.id)).name, project);

  const tasks = await poolAndAgents(connection);
  const repositoryFacts = await repository(connection);
  const runs = await connection.getPipelinesApi();
  const made = await runs.createPipeline(
    { name: 'ci', folder: '\\', configuration: { type: 'yaml', path: 'azure-pipelines.yml', repository: { id: repositoryFacts.id, type: 'azureReposGit' } } },
    found.id);
  assert.deepEqual((await runs.listPipelines(project)).map((pipeline) => pipeline.name), ['ci']);
  await wholeRun(connection, made.id, repositoryFacts, tasks);
  await variableGroup(tasks);
  await preview(connection, made.id);
  await cancelledRun(connection, made.id);
  await cancelledStage(connection, made.id);
  await retriedStage(connection, made.id);
  await refusals(connection);
  console.log('done');
}

main().catch((problem) => {
  console.error(problem);
  process.exitCode = 1;
});
