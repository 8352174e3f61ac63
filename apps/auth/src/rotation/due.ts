/** Something to be done now, and whose it is. */
export interface Due {
  readonly id: string;
  readonly organisation_id: string;
}
