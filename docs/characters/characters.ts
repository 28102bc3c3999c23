// The model that docs/characters.md trains, how it is trained and judged, and how it writes.
import { AdamW, crossEntropy, Embedding, LayerNorm, Linear, Module, TransformerEncoderLayer } from "@tendril/nn";
import { arange, cat, index, multinomial, noGrad, randint, type Tensor, tensor } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";

/** How many characters the model sees. */
export const context = 64;

/** A text's characters as numbers, [length]: the place of each among the letters. */
export const encode = (text: string, letters: string): Tensor =>
  tensor(
    Array.from(text, (character) => letters.indexOf(character)),
    { dtype: "int32" },
  );

/** Characters [N, context] → for each of them the logits of the one that comes next, [N, context, letters]. */
export class CharacterModel extends Module<[ids: Tensor]> {
  characters: Embedding;
  positions: Embedding;
  blocks: TransformerEncoderLayer[];
  norm: LayerNorm;
  head: Linear;

  constructor(letters: number, width = 64, depth = 2, heads = 4) {
    super();
    const options = { dimFeedforward: 4 * width, activation: "gelu", normFirst: true, batchFirst: true } as const;
    this.characters = new Embedding(letters, width);
    this.positions = new Embedding(context, width);
    this.blocks = Array.from({ length: depth }, () => new TransformerEncoderLayer(width, heads, options));
    this.norm = new LayerNorm(width);
    this.head = new Linear(width, letters);
  }

  override forward(ids: Tensor): Tensor {
    let x = this.characters.forward(ids).add(this.positions.forward(arange(context)));
    for (const block of this.blocks) x = block.forward(x, { isCausal: true });
    return this.head.forward(this.norm.forward(x));
  }
}

/** The mean of −ln p(next character), where windows are [N, context + 1]. */
function lossOf(model: CharacterModel, windows: Tensor): Tensor {
  const logits = model.forward(windows.narrow(1, 0, context));
  return crossEntropy(logits.flatten(0, 1), windows.narrow(1, 1, context).flatten());
}

/** A training step on 16 windows, which it draws from the text. It returns their loss. */
export function trainer(model: CharacterModel, text: Tensor): () => Tensor {
  const optimizer = new AdamW(model.parameters(), { lr: 2e-3 });
  return compile(() => {
    const starts = randint(0, text.size - context, [16, 1]);
    const loss = lossOf(model, index(text, starts.add(arange(context + 1))));
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss;
  });
}

/** The loss over a whole text, without dropout. */
export function evaluate(model: CharacterModel, text: Tensor): number {
  model.eval();
  const windows = text.narrow(0, 0, text.size - (text.size % (context + 1))).reshape([-1, context + 1]);
  const loss = noGrad(() => lossOf(model, windows)).item();
  model.train();
  return loss;
}

/** `length` characters that go on from the prompt, [context]. The lower the temperature, the likelier each of them. */
export function write(model: CharacterModel, prompt: Tensor, length: number, temperature: number): number[] {
  model.eval();
  const next = compile((window: Tensor) => {
    const logits = model.forward(window).select(1, -1);
    const character = multinomial(logits.div(temperature).softmax(), 1);
    return { character, window: cat([window.narrow(1, 1, context - 1), character], 1) };
  });
  let window = prompt.unsqueeze(0);
  const written = Array.from({ length }, () => {
    const result = next(window);
    window = result.window;
    return result.character.item();
  });
  model.train();
  return written;
}
