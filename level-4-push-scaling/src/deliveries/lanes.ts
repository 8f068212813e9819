/** How much is under way in each lane. A lane that is full takes nothing more; the others do not notice. */
export class Lanes {
  readonly #lanes = new Map<string, { underWay: number; limit: number }>()

  /** How many more fit into a lane that takes `limit` at once. */
  room(lane: string, limit: number): number {
    return limit - (this.#lanes.get(lane)?.underWay ?? 0)
  }

  enter(lane: string, limit: number): void {
    const underWay = this.#lanes.get(lane)?.underWay ?? 0
    this.#lanes.set(lane, { underWay: underWay + 1, limit })
  }

  leave(lane: string): void {
    const state = this.#lanes.get(lane)
    if (!state) return
    if (state.underWay > 1) state.underWay -= 1
    else this.#lanes.delete(lane)
  }

  get full(): string[] {
    return [...this.#lanes].filter(([, { underWay, limit }]) => underWay >= limit).map(([lane]) => lane)
  }
}
