import { Inject, Injectable } from '@nestjs/common';
import { newId, type RandomBytes } from '@tollgate/kernel';
import { LOGGER, METRICS, RANDOM_BYTES } from '@tollgate/nest';
import { type Counter, type Logger, METRIC_NAMES, type Metrics } from '@tollgate/telemetry';
import type { Change, IncidentKeeper } from '../changes/changes.js';
import type { Raised } from '../changes/raised.js';
import { queueAlert } from './queue-alert.js';
import { type IncidentNews, raiseIncident } from './raise-incident.js';
import { readSettings } from './read-settings.js';

/** Writes what a change has found into incidents, within its transaction; and tells of them after the commit. */
@Injectable()
export class Incidents implements IncidentKeeper {
  private readonly opened: Counter<'rule' | 'severity' | 'action'>;

  constructor(
    @Inject(RANDOM_BYTES) private readonly randomBytes: RandomBytes,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(METRICS) metrics: Metrics,
  ) {
    this.opened = metrics.counter(METRIC_NAMES.incidents, 'Incidents that were opened.', ['rule', 'severity', 'action']);
  }

  async write(change: Change, raised: readonly Raised[]): Promise<() => void> {
    const settings = await readSettings(change.manager, change.act.organisationId);
    const news: IncidentNews[] = [];
    // In one order, whoever writes: two that meet wait for each other and never in a circle.
    for (const each of raised.toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))) {
      const id = newId('inc', change.now, this.randomBytes);
      const one = await raiseIncident(change, each, { settings, id });
      if (one === null) continue;
      news.push(one);
      await queueAlert(change, one, newId('alert', change.now, this.randomBytes));
    }
    return () => this.tell(news);
  }

  private tell(news: readonly IncidentNews[]): void {
    for (const { row, organisationId, opened } of news) {
      const { id, rule, severity, reason, public_id: publicId, secret_id: secretId, action, action_state: state } = row;
      if (opened) this.opened.add({ rule, severity, action: state === 'in_force' ? action : 'alert' });
      this.logger.warn(
        { incidentId: id, organisationId, rule, severity, reason, publicId, secretId, action, state },
        opened ? 'an incident was opened' : 'an incident has led to an action',
      );
    }
  }
}

const orderOf = ({ finding, subject }: Raised): string => `${subject} ${finding.rule}`;
