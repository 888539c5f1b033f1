// Notes as sound with Web Audio: a small band of synthesized instruments. Knows no server.

const AHEAD_S = 0.25;

/** Plays notes that are asked for while it plays. */
export class Band {
  constructor() {
    this.context = null;
    this.timer = 0;
    this.volume = 0.7;
  }

  get isPlaying() {
    return this.timer !== 0;
  }

  /** Seconds since the beginning of the piece. */
  get time() {
    return this.context ? Math.max(0, this.context.currentTime - this.zero) : 0;
  }

  /**
   * Begins.
   * @param {number} from - seconds.
   * @param {function(number, number): Object[]} notes - those that begin in [from, to).
   */
  play(from, notes) {
    this.context ??= new AudioContext();
    this.context.resume();
    this.out = this.context.createGain();
    this.out.gain.value = this.volume;
    const soft = this.context.createDynamicsCompressor();
    this.out.connect(soft).connect(this.context.destination);
    this.zero = this.context.currentTime - from + 0.1;
    this.done = from;
    const turn = () => {
      const until = this.time + AHEAD_S;
      for (const note of notes(this.done, until)) this.#sound(note, this.zero + note.time);
      this.done = until;
    };
    turn();
    this.timer = setInterval(turn, 60);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
    if (this.out) {
      this.out.gain.setTargetAtTime(0, this.context.currentTime, 0.03);
      const out = this.out;
      setTimeout(() => out.disconnect(), 300);
    }
  }

  #sound(note, when) {
    const start = Math.max(when, this.context.currentTime);
    const loud = (note.velocity / 127) ** 1.4;
    if (Number(note.channel) === 10) this.#drum(Math.round(note.pitch), loud, start);
    else this.#tone(note, loud, start);
  }

  #gain(level, start, attack, end, release) {
    const gain = this.context.createGain();
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(level, start + attack);
    gain.gain.setTargetAtTime(0, end, release);
    gain.connect(this.out);
    return gain;
  }

  #tone({ pitch, duration }, loud, start) {
    const isLow = pitch < 48;
    const length = Math.min(8, Math.max(0.06, duration));
    const hz = 440 * 2 ** ((pitch - 69) / 12);
    const gain = this.#gain(loud * (isLow ? 0.4 : 0.2), start, 0.008, start + length, 0.09);
    const filter = this.context.createBiquadFilter();
    filter.type = "lowpass";
    filter.frequency.setValueAtTime(Math.min(9000, hz * 7), start);
    filter.frequency.setTargetAtTime(hz * 2.2, start, 0.25);
    filter.connect(gain);
    for (const [type, ratio, share] of [["triangle", 1, 1], ["sawtooth", 1.003, 0.3], ["sine", 2, 0.2]]) {
      const each = this.context.createOscillator();
      const level = this.context.createGain();
      each.type = type;
      each.frequency.value = hz * ratio;
      level.gain.value = share;
      each.connect(level).connect(filter);
      each.start(start);
      each.stop(start + length + 0.6);
    }
  }

  #drum(pitch, loud, start) {
    if (pitch <= 36) {
      const each = this.context.createOscillator();
      each.frequency.setValueAtTime(140, start);
      each.frequency.exponentialRampToValueAtTime(42, start + 0.12);
      each.connect(this.#gain(loud * 0.9, start, 0.003, start + 0.05, 0.07));
      each.start(start);
      each.stop(start + 0.6);
      return;
    }
    const isHat = [42, 44, 46, 49, 51, 57, 59].includes(pitch);
    const isLong = [46, 49, 51, 57, 59].includes(pitch);
    const source = this.context.createBufferSource();
    source.buffer = this.#noise();
    const filter = this.context.createBiquadFilter();
    filter.type = isHat ? "highpass" : "bandpass";
    filter.frequency.value = isHat ? 7000 : 1800;
    source.connect(filter).connect(
      this.#gain(loud * (isHat ? 0.22 : 0.5), start, 0.002, start + 0.01, isLong ? 0.14 : isHat ? 0.025 : 0.07));
    source.start(start);
    source.stop(start + 1);
  }

  #noise() {
    if (!this.buffer) {
      this.buffer = this.context.createBuffer(1, this.context.sampleRate, this.context.sampleRate);
      const data = this.buffer.getChannelData(0);
      for (let i = 0; i < data.length; i++) data[i] = Math.random() * 2 - 1;
    }
    return this.buffer;
  }
}
