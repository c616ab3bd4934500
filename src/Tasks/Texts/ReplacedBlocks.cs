using Graft.Autograd;

namespace Graft.Tasks;

/// <summary>Texts joined and cut into blocks, of whose tokens another 15 % are masked and filled by a generator in each epoch (Clark et al. 2020).</summary>
internal sealed class ReplacedBlocks(TextPreparation preparation, IReadOnlyList<string> texts, ulong seed) : MaskedBlocks(preparation, texts, seed, masksAll: true)
{
    public override Variable Loss(TextModel model, Pass pass, int[] chosen, int epoch)
    {
        var (batch, words) = Masked(model, chosen, epoch);
        return ((ElectraPretraining)model).JointLoss(pass, batch, new TextTargets { Labels = words }).Total;
    }
}
