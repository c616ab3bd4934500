using Graft.Autograd;

namespace Graft.Models;

/// <summary>Learnt tokens in front of every text: as embeddings (Lester et al. 2021, PEFT's prompt tuning), or as keys and values in front of those of each
/// attention layer (Li and Liang 2021, prefix tuning).</summary>
/// <remarks>A prefix shifts the texts' positions by its length. Behind embeddings a classifier of sequences reads the first learnt token, as PEFT has it;
/// outputs of tokens are those of the texts' own, but for a causal language model's, which has logits for all.</remarks>
public sealed class VirtualTokens
{
    private readonly PromptEmbeddings? prompt;
    private readonly IReadOnlyList<(MultiHeadAttention Layer, AttentionPrefix Prefix)> prefixes = [];
    private readonly PromptSlot slot;
    private readonly TextModel model;

    /// <summary>Makes virtual tokens for a model; they are not in it yet.</summary>
    /// <param name="model">The model.</param>
    /// <param name="count">P, how many there are.</param>
    /// <param name="isPrefix">Whether they are keys and values of every layer; else embeddings.</param>
    /// <exception cref="ArgumentException">The model takes none.</exception>
    public VirtualTokens(TextModel model, int count, bool isPrefix)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        PromptSlot[] slots = [.. model.Descendants().OfType<PromptSlot>()];
        if (slots.Length != 1) throw new ArgumentException($"{model.Name} takes no virtual tokens: one encoder or decoder of tokens is needed");
        if (isPrefix && model.WithoutPrefix is { } why) throw new ArgumentException($"{model.Name} takes no prefix: {why}");
        if (count >= model.Sizes.MaximumLength) throw new ArgumentException($"{count} virtual tokens leave none of the {model.Sizes.MaximumLength} positions of {model.Name} to the text");
        (this.model, slot, Count, IsPrefix) = (model, slots[0], count, isPrefix);
        if (isPrefix) prefixes = [.. model.Descendants().OfType<MultiHeadAttention>().Select(layer => (layer, new AttentionPrefix(count, layer.KeyWidth)))];
        else prompt = new PromptEmbeddings(count, slot.Width);
        Parameters = prompt is not null ? [prompt.Weight] : [.. prefixes.SelectMany(static one => new[] { one.Prefix.Keys, one.Prefix.Values })];
    }

    /// <summary>P.</summary>
    public int Count { get; }

    /// <summary>Whether they are keys and values of every layer.</summary>
    public bool IsPrefix { get; }

    /// <summary>The embeddings [P, E], or keys and values [P, G D / H] of each layer in turn.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Puts them into the model: it computes with them from here on.</summary>
    /// <exception cref="InvalidOperationException">Others are there, or the thread is in the middle of a forward of the model.</exception>
    public void Attach() => model.ChangeWeights(() =>
    {
        if (model.VirtualTokens is not null) throw new InvalidOperationException($"{model.Name} has virtual tokens already: detach them first");
        if (prompt is not null) slot.Put(prompt);
        foreach (var (layer, prefix) in prefixes) layer.Put(prefix);
        model.VirtualTokens = this;
    });

    /// <summary>Takes them out again; they keep their numbers.</summary>
    /// <exception cref="InvalidOperationException">The thread is in the middle of a forward of the model.</exception>
    public void Detach()
    {
        if (model.VirtualTokens != this) return;
        model.ChangeWeights(() =>
        {
            if (prompt is not null) slot.Take(prompt);
            foreach (var (layer, prefix) in prefixes) layer.Take(prefix);
            model.VirtualTokens = null;
        });
    }
}

/// <summary>Learnt embeddings [P, E]; they begin as PyTorch's embeddings do.</summary>
internal sealed class PromptEmbeddings : Module
{
    public PromptEmbeddings(int count, int width)
    {
        IsSavedApart = true;
        Weight = AddParameter("prompt_embeddings", [count, width], Initialiser.Normal(1));
    }

    public Parameter Weight { get; }
}

/// <summary>Learnt keys and values [P, W] of one layer.</summary>
internal sealed class AttentionPrefix : Module
{
    public AttentionPrefix(int count, int width)
    {
        IsSavedApart = true;
        Keys = AddParameter("prefix_keys", [count, width], Initialiser.Normal(1));
        Values = AddParameter("prefix_values", [count, width], Initialiser.Normal(1));
    }

    public Parameter Keys { get; }

    public Parameter Values { get; }
}

/// <summary>Where learnt embeddings come before those of the words.</summary>
/// <param name="width">E.</param>
internal sealed class PromptSlot(int width) : Module
{
    private PromptEmbeddings? prompt;

    public int Width => width;

    /// <summary>P, 0 where there is none.</summary>
    public int Count => prompt?.Weight.Shape[0] ?? 0;

    public void Put(PromptEmbeddings embeddings) => prompt = Add("", embeddings);

    public void Take(PromptEmbeddings embeddings)
    {
        Remove(embeddings);
        prompt = null;
    }

    /// <summary>[B, T, E] to [B, P + T, E].</summary>
    public Variable Prepend(Variable words)
    {
        if (prompt is null) return words;
        int count = Count;
        var first = words.Pass.Of(prompt.Weight).Reshape([1, count, width]).Expand([words.Shape[0], count, width]);
        return Variable.Concat([first, words], axis: 1);
    }
}
