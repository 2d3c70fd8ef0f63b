import OpenAI from 'openai'
import { startHttp, says, text, servedBy, chatBody, fails } from './test/http/start-http.ts'
import { GatewayError } from './src/contract/errors.ts'
{
  await using s = await startHttp({script: async function*(q,c){ yield {type:'start',served:servedBy(c)}; yield text('a'); throw new GatewayError('provider_cut','Broke off.')}})
  const c = new OpenAI({apiKey:'x',baseURL:s.url+'/v1',maxRetries:0})
  try { for await (const x of await c.chat.completions.create({...chatBody as any, stream:true})) console.log(JSON.stringify(x.choices[0]?.delta)) } catch(e:any){console.log(e.constructor.name,e.message,e.code,e.status)}
}
{
  await using s = await startHttp({script: fails(new GatewayError('rate_limited','Slow.',{retryAfterMs:10}))})
  const c = new OpenAI({apiKey:'x',baseURL:s.url+'/v1',maxRetries:1})
  try { await c.chat.completions.create(chatBody as any) } catch(e:any){console.log(e.constructor.name,e.message,e.code,e.status,e.requestID, s.seen.length)}
}
{
  await using s = await startHttp()
  const c = new OpenAI({apiKey:'x',baseURL:s.url+'/v1',maxRetries:0})
  const st = c.chat.completions.stream({...chatBody as any, stream_options:{include_usage:true}}); const f = await st.finalChatCompletion(); console.log(JSON.stringify(f).slice(0,300)); for await (const m of c.models.list()) console.log(m.id)
  console.log((await c.models.retrieve('meta/llama-4/maverick')).id)
}
