import { it } from 'vitest';
import { linked, stage, text } from './kit.ts';
for (let r=0;r<6;r++) it('x'+r, async () => {
  await using scene = await stage({ addressing: 'lid' });
  const wire:any[]=[]; scene.network.on('node',(c,n)=>{ if(n.tag==='message'||(n.tag==='receipt'&&n.attrs.type==='retry')) wire.push([c.device?.account.user,n.tag,n.attrs.id,n.attrs.to,n.attrs.type, JSON.stringify(n.content).length])});
  await linked(scene, 'dev_a', '+15550001');
  await linked(scene, 'dev_b', '+15550006');
    const count = 20;
    const one = Array.from({ length: count }, (_, i) => text('+15550006', `ab ${i}`));
    const two = Array.from({ length: count }, (_, i) => text('+15550001', `ba ${i}`));
    for(const m of [...one,...two]) scene.store.sent.set(m.waId,m.content);
    await Promise.all([
      ...one.map((message) => scene.engine.send('dev_a', message)),
      ...two.map((message) => scene.engine.send('dev_b', message)),
    ]);
  await new Promise(r=>setTimeout(r,3000));
  for (const d of ['dev_a','dev_b']) console.log(r, d, scene.store.inbound(d).length, JSON.stringify(scene.store.records(d).filter(k=>k.kind==='undecryptable')), 'logs', scene.logged.join('|').slice(0,500));
  console.log(wire.filter(w=>w[1]==='receipt'));
});
