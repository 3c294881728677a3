import type { Check } from '../check.ts';
import { busDeadLetters } from './bus-dead-letters.ts';
import { busGoalsHeard } from './bus-goals-heard.ts';
import { busGoalsOnce } from './bus-goals-once.ts';
import { busMap } from './bus-map.ts';
import { busMapWhole } from './bus-map-whole.ts';
import { busRouter } from './bus-router.ts';
import { busRouterOnce } from './bus-router-once.ts';
import { busRouterSubscribed } from './bus-router-subscribed.ts';
import { busSlow } from './bus-slow.ts';
import { busWorkerGroup } from './bus-worker-group.ts';
import { busWorkerOnce } from './bus-worker-once.ts';
import { busWorkerPresent } from './bus-worker-present.ts';
import { busWorkerTier } from './bus-worker-tier.ts';
import { configFile } from './config-file.ts';
import { configFound } from './config-found.ts';
import { configMapping } from './config-mapping.ts';
import { configReadable } from './config-readable.ts';
import { configUnderstood } from './config-understood.ts';
import { configUtf8 } from './config-utf8.ts';
import { configYaml } from './config-yaml.ts';
import { connectionAuthenticated } from './connection-authenticated.ts';
import { connectionClock } from './connection-clock.ts';
import { connectionHeaders } from './connection-headers.ts';
import { connectionJetstream } from './connection-jetstream.ts';
import { connectionMaxPayload } from './connection-max-payload.ts';
import { connectionReachable } from './connection-reachable.ts';
import { connectionResolves } from './connection-resolves.ts';
import { connectionRtt } from './connection-rtt.ts';
import { connectionSpeaksNats } from './connection-speaks-nats.ts';
import { connectionTls } from './connection-tls.ts';
import { connectionVersion } from './connection-version.ts';
import { permissionsPublishGoals } from './permissions-publish-goals.ts';
import { permissionsPublishTasks } from './permissions-publish-tasks.ts';
import { permissionsSubscribeDeadLetters } from './permissions-subscribe-dead-letters.ts';
import { permissionsSubscribeResults } from './permissions-subscribe-results.ts';
import { settingsOneSource } from './settings-one-source.ts';
import { settingsTidy } from './settings-tidy.ts';
import { settingsValid } from './settings-valid.ts';
import { smokeTask } from './smoke-task.ts';
import { tiersBackendAnswers } from './tiers-backend-answers.ts';
import { tiersEnvironment } from './tiers-environment.ts';
import { tiersLocalBackend } from './tiers-local-backend.ts';
import { tiersServed } from './tiers-served.ts';

/** Every check, in the order of display. */
export const CHECKS: readonly Check[] = [
  settingsValid,
  settingsOneSource,
  settingsTidy,
  connectionResolves,
  connectionReachable,
  connectionSpeaksNats,
  connectionTls,
  connectionAuthenticated,
  connectionRtt,
  connectionVersion,
  connectionMaxPayload,
  connectionHeaders,
  connectionJetstream,
  connectionClock,
  permissionsPublishTasks,
  permissionsPublishGoals,
  permissionsSubscribeResults,
  permissionsSubscribeDeadLetters,
  tiersServed,
  tiersEnvironment,
  tiersLocalBackend,
  tiersBackendAnswers,
  configFound,
  configFile,
  configReadable,
  configUtf8,
  configYaml,
  configMapping,
  configUnderstood,
  busMap,
  busMapWhole,
  busRouter,
  busRouterSubscribed,
  busRouterOnce,
  busWorkerPresent,
  busWorkerTier,
  busWorkerGroup,
  busWorkerOnce,
  busGoalsHeard,
  busGoalsOnce,
  busDeadLetters,
  busSlow,
  smokeTask,
];
